from collections.abc import Sequence
from typing import Any, Self

from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.fields import name_of_person
from app.coaching.forms import IntakeForm
from app.coaching.offer import CoachingOffer
from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.wishes import PART_LABELS, WEEKDAYS, WaitingWish
from app.people.addresses import normalize
from app.people.forms import Address, Offered, PublicForm, ZoneField

EVERY_DAY = [str(number) for number in range(len(WEEKDAYS))]
BY_DAY = [part for part in PART_LABELS if part != "night"]


def _boxes(label: str, choices: list[tuple[str, str]], none: str) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        [InputRequired(none), Offered("One of these is not on offer. Please choose from those shown.")],
        choices=[SelectChoice(*each) for each in choices],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class WishForm(PublicForm):
    """What somebody waits for, as it may be changed later."""

    coach = SelectField("With", [Offered("Choose one of the coaches in the list.")], validate_choice=False)
    weekdays = _boxes("Days that suit you", list(zip(EVERY_DAY, WEEKDAYS, strict=True)), "Choose at least one day.")
    day_parts = _boxes(
        "Times of day that suit you", list(PART_LABELS.items()), "Choose at least one time of day that suits you."
    )
    time_zone = ZoneField("Your time zone")
    also_at_night = BooleanField("You may also write between 10 PM and 7 AM")

    def __init__(self, coaches: Sequence[Coach], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._coaches = coaches
        self.coach.choices = [("", "Any coach"), *((coach.slug, coach.name) for coach in coaches)]
        self.coach.data = self.coach.data or ""

    @classmethod
    def showing(cls, entry: WaitingEntry, coaches: Sequence[Coach]) -> "WishForm":
        """The form as it stands before anything is changed."""
        return cls(
            coaches,
            formdata=None,
            coach=entry.coach.slug if entry.coach else "",
            weekdays=[str(day) for day in entry.weekdays],
            day_parts=entry.day_parts,
            time_zone=entry.time_zone,
            also_at_night=entry.also_at_night,
        )

    @property
    def wish(self) -> WaitingWish:
        coach = next((coach for coach in self._coaches if coach.slug == self.coach.data), None)
        days, parts = self.weekdays.data or (), self.day_parts.data or ()
        return WaitingWish(
            coach,
            tuple(sorted({int(day) for day in days})),
            tuple(part for part in PART_LABELS if part in parts),
            self.time_zone.data,
            self.also_at_night.data,
        )


class WaitingForm(WishForm):
    name = name_of_person()
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])
    kind = SelectField("What you wait for", [Offered("Choose one of those in the list.")], validate_choice=False)
    # Set once they were told of free times that suit them.
    anyway = BooleanField("Put me on the list all the same")

    def __init__(self, kinds: Sequence[ConsultationKind], coaches: Sequence[Coach], **kwargs: Any) -> None:
        super().__init__(coaches, **kwargs)
        self._kinds = kinds
        self.kind.choices = [(kind.slug, f"{kind.title}, {kind.duration_minutes} minutes") for kind in kinds]

    @classmethod
    def fresh(cls, kinds: Sequence[ConsultationKind], coaches: Sequence[Coach], kind: str) -> "WaitingForm":
        """The form before anything is typed: any day, but not at night. The time zone is the browser's to guess."""
        begun = {"weekdays": EVERY_DAY, "day_parts": BY_DAY}
        return cls(kinds, coaches, formdata=None, kind=kind or kinds[0].slug, **begun)

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")

    @property
    def chosen_kind(self) -> ConsultationKind:
        """Of a form that is valid."""
        return next(kind for kind in self._kinds if kind.slug == self.kind.data)

    @property
    def typed_name(self) -> str:
        return self.name.data or ""


class TakingForm(IntakeForm):
    """The intake of somebody whose address, and what they want, is known by the link they used."""

    # So WTForms takes a field out.
    email = kind_slug = coach_slug = None  # type: ignore[assignment]

    @classmethod
    def for_kind(cls, kind: ConsultationKind, offer: CoachingOffer, **kwargs: Any) -> Self:
        form = cls.about(kind, **kwargs)
        form.ask_about(offer)
        return form
