from datetime import datetime
from typing import Any, Self

from wtforms import BooleanField, DateTimeLocalField, HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired, Optional, ValidationError

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.live_sessions import LONGEST_MINUTES, LiveSession
from app.local_times import comes_twice
from app.studio.letter_fields import line
from app.studio.number_fields import WholeNumber
from app.studio.seen_form import SeenForm
from app.studio.wall_times import WHICH, NotSaidWhich, meant


class SessionForm(SeenForm):
    """When and where a cohort meets, on the clocks where it is held."""

    TOGETHER = frozenset(("at", "which"))
    title = line("Title", InputRequired("Give it a title. Learners and their calendars know it by that."))
    at = DateTimeLocalField("Day and time", [InputRequired("Say when, such as 2027-03-16 19:30.")])
    which = RadioField(
        "Which of the two", [Optional()], choices=[SelectChoice(*pair) for pair in WHICH.items()], default=""
    )
    minutes = WholeNumber("Minutes", 1, LONGEST_MINUTES)
    place = line("Where you meet", most=500)
    is_outside_meant = BooleanField("Yes, outside of the cohort's dates")
    was_cancelled = HiddenField(default="")  # Whether it was, when the form was opened.
    instant: datetime | None = None
    is_doubled = False
    is_outside = False

    def __init__(self, cohort: Cohort, session: LiveSession | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cohort, self.session = cohort, session

    @classmethod
    def showing(cls, session: LiveSession) -> "SessionForm":
        """The form as it stands before anything is changed."""
        zone = session.cohort.time_zone
        at = in_zone(session.starts_at, zone)
        is_doubled = comes_twice(session.starts_at, zone)
        shown = {"at": at.replace(tzinfo=None), "which": list(WHICH)[at.fold] if is_doubled else ""}
        shown |= {"minutes": session.duration_minutes, "was_cancelled": "yes" if session.cancelled_at else ""}
        form = cls(session.cohort, session, formdata=None, obj=session, **shown)
        form.is_doubled = is_doubled
        return form

    def was_overtaken(self, saved: Self) -> bool:
        """Also where it was cancelled meanwhile: saved, it would take place after all."""
        super().was_overtaken(saved)
        if self.was_cancelled.errors:
            words = (
                "This session was cancelled in another window meanwhile. Save once more to let it take place after all."
            )
            self.was_cancelled.errors = [words] if saved.was_cancelled.data else []
        return bool(self.errors)

    def validate_title(self, field: StringField) -> None:
        others = [other.title for other in self.cohort.live_sessions if other is not self.session]
        if field.data in others:
            raise ValidationError("Another session of this cohort has this title. Choose one that tells them apart.")

    def validate_at(self, field: DateTimeLocalField) -> None:
        if field.data is None:
            return
        zone = self.cohort.time_zone
        try:
            self.instant = meant(field.data, zone, self.which.data)
        except NotSaidWhich:
            self.is_doubled = True
            raise
        self.is_doubled = comes_twice(self.instant, zone)
        is_moved = self.session is None or self.instant != self.session.starts_at
        if is_moved and self.instant <= now():
            raise ValidationError("That time has passed. Choose one that lies ahead.")
        first, last = self.cohort.starts_on, self.cohort.ends_on
        self.is_outside = bool(first and last and is_moved and not first <= field.data.date() <= last)
        if self.is_outside and not self.is_outside_meant.data:
            held = f"{self.cohort.name} is held {self.cohort.dates}."
            raise ValidationError(f"{held} Choose a day within it, or say below that you mean it.")

    @property
    def values(self) -> dict[str, Any]:
        """As columns of a session."""
        columns = {"title": self.title.data, "starts_at": self.instant, "duration_minutes": self.minutes.data}
        return columns | {"place": self.place.data}
