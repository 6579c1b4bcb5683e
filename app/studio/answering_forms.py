from datetime import datetime, timedelta
from typing import Any

from wtforms import DateTimeLocalField, Field, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import Length, Optional, ValidationError

from app.clock import now
from app.coaching.answering import FURTHEST
from app.coaching.availability.models import Coach
from app.coaching.models import Consultation
from app.local_times import comes_twice
from app.people.forms import Form, NoPatientInformation
from app.studio.letter_fields import text
from app.studio.wall_times import WHICH, NotSaidWhich, meant

LONGEST_REASON, LONGEST_NOTES = 1000, 20_000


class WallTimeField(DateTimeLocalField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError("Write day and time like 2027-03-16 09:30.") from None


def _time(label: str) -> WallTimeField:
    return WallTimeField(label, render_kw={"step": 300})


def _which() -> RadioField:
    return RadioField(
        "Which of the two", [Optional()], choices=[SelectChoice(*pair) for pair in WHICH.items()], default=""
    )


class ProposalForm(Form):
    """Up to three times of a coach, on the coach's clocks."""

    coach = SelectField("Coach", coerce=int, validate_choice=False)
    first, which_first = _time("A time"), _which()
    second, which_second = _time("Another"), _which()
    third, which_third = _time("A third"), _which()

    def __init__(self, consultation: Consultation, **kwargs: Any) -> None:
        self.coaches = {coach.id: coach for coach in Coach.active()}
        super().__init__(**kwargs)
        if consultation.coach and consultation.coach_id not in self.coaches:  # Off by now, and theirs all the same.
            self.coaches[consultation.coach.id] = consultation.coach
        self.coach.choices = [SelectChoice(coach.id, coach.name) for coach in self.coaches.values()]
        if not self.is_submitted() and consultation.asked_coach:
            self.coach.data = consultation.asked_coach.id
        self.starts: list[datetime] = []
        self.doubled: set[str] = set()

    @property
    def chosen_coach(self) -> Coach | None:
        """Whose times these are."""
        return self.coaches.get(self.coach.data) or next(iter(self.coaches.values()), None)

    @property
    def rows(self) -> list[tuple[Field, Field, bool]]:
        """Each time with its choice of the two, and whether there are two."""
        return [(self[name], self[f"which_{name}"], name in self.doubled) for name in ("first", "second", "third")]

    def validate_coach(self, field: SelectField) -> None:
        if field.data not in self.coaches:
            raise ValidationError("Choose one of the coaches in the list.")

    def validate_first(self, field: WallTimeField) -> None:
        if not any(row[0].data or row[0].errors for row in self.rows):
            raise ValidationError("Say at least one time.")
        self._read(field)

    def validate_second(self, field: WallTimeField) -> None:
        self._read(field)

    def validate_third(self, field: WallTimeField) -> None:
        self._read(field)

    def _read(self, field: WallTimeField) -> None:
        coach = self.coaches.get(self.coach.data)
        if field.data is None or coach is None:
            return
        try:
            at = meant(field.data, coach.time_zone, self[f"which_{field.name}"].data)
        except NotSaidWhich:
            self.doubled.add(field.name)
            raise
        if comes_twice(at, coach.time_zone):
            self.doubled.add(field.name)
        if at <= now():
            raise ValidationError("That time has passed. Choose one that lies ahead.")
        if at > now() + FURTHEST:
            raise ValidationError(f"That is more than {FURTHEST // timedelta(days=1)} days ahead. Choose a nearer day.")
        if at.minute % 5:
            raise ValidationError("Times go in steps of five minutes.")
        self.starts.append(at)


class CallingOffForm(Form):
    reason = text("Why", Length(max=LONGEST_REASON, message=f"Please keep it under {LONGEST_REASON:,} characters."),
                  NoPatientInformation())  # fmt: skip


class NotesForm(Form):
    private_notes = text("Notes", Length(max=LONGEST_NOTES, message=f"At most {LONGEST_NOTES:,} characters."))
