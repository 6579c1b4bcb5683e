from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.coaching import work_address
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.fields import OfferedZone, ZoneSelect, name_of_person, slot_start
from app.coaching.intake import MOST_TIMES, Asked, Intake, Times
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer, label_of
from app.local_times import zone_choices
from app.people.addresses import normalize
from app.people.forms import Address, Offered, PublicForm, free_text

MOST_TOPICS = 5
CHANGEABLE = ("name", "career_stage", "topics", "goals", "time_zone", "has_neutral_title")
NO_ANSWER = "Please answer this in a few words."
NO_SLOT = "Choose a time."
NO_TIMES = "Choose at least one time that suits you, or tick that you have no preference."
TOO_MANY_TIMES = f"Choose up to {MOST_TIMES} times: those that suit you best."


class Who:
    """Who asks, and about what."""

    name = name_of_person()
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])
    career_stage = SelectField(
        "Where you are in your career",
        [InputRequired("Choose what comes closest."), Offered("Choose one of the stages in the list.")],
        validate_choice=False,
    )
    topics = SelectMultipleField(
        "What you would like to talk about",
        [Offered("One of the topics is not on offer. Please choose from these.")],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class DetailsForm(Who, PublicForm):
    """What one tells of oneself and may change later: all of it but the address."""

    # So WTForms takes a field out.
    email = None  # type: ignore[assignment]
    goals = free_text("What would make the conversation worth your time?", 2000)
    time_zone = SelectField(
        "Your time zone",
        [InputRequired("Choose your time zone."), OfferedZone()],
        validate_choice=False,
        widget=ZoneSelect(),
    )
    has_neutral_title = BooleanField("Call it \u201cAppointment\u201d in my calendar")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_zone.choices = zone_choices()

    @classmethod
    def about(cls, kind: ConsultationKind, **kwargs: Any) -> Self:
        """The form with the questions of this kind of consultation in it."""
        fields = {_answer_name(question): _answer_field(question) for question in kind.questions}
        form = type(cls.__name__, (cls,), fields)(**kwargs)
        form.kind = kind
        return form  # type: ignore[no-any-return]

    @classmethod
    def of(cls, consultation: Consultation, offer: CoachingOffer, **kwargs: Any) -> Self:
        """The form to change it with. What it says and the offer has no more can be chosen still."""
        form = cls.about(consultation.kind, **kwargs)
        form.ask_about(offer, consultation.topics, [consultation.career_stage])
        return form

    @classmethod
    def showing(cls, consultation: Consultation, offer: CoachingOffer) -> Self:
        """The form as it stands before anything is changed."""
        shown: dict[str, Any] = {name: getattr(consultation, name) for name in CHANGEABLE}
        shown |= {f"answer_{key}": answer for key, answer in consultation.answers.items()}
        return cls.of(consultation, offer, formdata=None, **shown)

    def ask_about(self, offer: CoachingOffer, topics: Sequence[str] = (), career_stages: Sequence[str] = ()) -> None:
        """Let them choose among the topics and career stages of the offer, and these."""
        self.topics.choices = _choices(offer.topics, topics)
        self.career_stage.choices = [("", "Choose one"), *_choices(offer.career_stages, career_stages)]

    def validate_topics(self, field: Field) -> None:
        field.data = list(dict.fromkeys(field.data or []))
        if not field.data:
            raise ValidationError("Choose at least one topic.")
        if len(field.data) > MOST_TOPICS:
            raise ValidationError(f"Choose up to {MOST_TOPICS} topics: those that matter most now.")

    @property
    def answer_fields(self) -> list[Field]:
        return [self[_answer_name(question)] for question in self.kind.questions]

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, by the keys of the questions."""
        fields = zip(self.kind.questions, self.answer_fields, strict=True)
        return {question["key"]: field.data for question, field in fields if field.data}

    @property
    def intake(self) -> Intake:
        name, topics = self.name.data or "", tuple(self.topics.data or ())
        told = self.goals.data or "", self.answers, self.time_zone.data, bool(self.has_neutral_title.data)
        return Intake(self.kind, name, self.career_stage.data, topics, *told)


def _answer_name(question: dict[str, Any]) -> str:
    return f"answer_{question['key']}"


def _answer_field(question: dict[str, Any]) -> TextAreaField:
    return free_text(question["label"], 1000, *([DataRequired(NO_ANSWER)] if question["required"] else []))


def _choices(offered: list[dict[str, Any]], kept: Sequence[str]) -> list[tuple[str, str]]:
    keys = dict.fromkeys([*(choice["key"] for choice in offered), *kept])
    return [(key, label_of(key, offered)) for key in keys]


class IntakeForm(DetailsForm):
    email: EmailField = Who.email  # type: ignore[assignment]
    kind_slug = RadioField("What kind", [Offered("Choose one of these kinds.")], validate_choice=False, name="kind")
    coach_slug = SelectField(
        "With", [Offered("Choose one of the coaches in the list.")], validate_choice=False, name="coach"
    )
    newsletter = BooleanField("Send me the newsletter too")

    @classmethod
    def offering(
        cls,
        offer: CoachingOffer,
        kinds: Sequence[ConsultationKind],
        coaches: Sequence[Coach],
        kind: str = "",
        coach: str = "",
        **kwargs: Any,
    ) -> Self:
        """The form for one of the kinds, the first where `kind` names none of them, with one of the coaches or any."""
        chosen = next((each for each in kinds if each.slug == kind), kinds[0])
        named = next((each.slug for each in coaches if each.slug == coach), "")
        form = cls.about(chosen, kind_slug=chosen.slug, coach_slug=named, **kwargs)
        form.offer, form.kinds, form.coaches, form.signs_of_work = offer, kinds, coaches, work_address.SIGNS
        form.kind_slug.choices = [(each.slug, each.title) for each in kinds]
        form.coach_slug.choices = [("", "Any coach"), *((each.slug, each.name) for each in coaches)]
        form.ask_about(offer)
        return form

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")

    @property
    def is_from_work(self) -> bool:
        """Whether the address seems to be an employer's."""
        return work_address.looks_like_work(self.email.data or "")

    @property
    def coach_id(self) -> int | None:
        """The number of the coach that is named; None where anybody would do."""
        return self.chosen_coaches[0].id if self.coach_slug.data else None

    @property
    def chosen_coaches(self) -> Sequence[Coach]:
        """Those who would do; all, where the one named is unknown."""
        return [coach for coach in self.coaches if coach.slug == self.coach_slug.data] or self.coaches

    def asked(self, page: str) -> Asked:
        """All of it, as asked on this page."""
        return Asked(self.address, self.intake, self.times, self.coach_id, bool(self.newsletter.data), page)


class OneTime:
    """Takes one free time."""

    slot = StringField("Time", [InputRequired(NO_SLOT)])

    def validate_slot(self, field: Field) -> None:
        slot_start(field.data)

    @property
    def starts_at(self) -> datetime:
        return slot_start(self.slot.data or "")

    @property
    def times(self) -> Times:
        return Times((self.starts_at,))


class SomeTimes:
    """Offers up to three free times."""

    slot = SelectMultipleField("Times that suit you", validate_choice=False)
    no_preference = BooleanField("I have no preference: suggest a time")

    def validate_slot(self, field: Field) -> None:
        field.data = list(dict.fromkeys(field.data or []))
        if not field.data and not self.no_preference.data:
            raise ValidationError(NO_TIMES)
        if len(field.data) > MOST_TIMES:
            raise ValidationError(TOO_MANY_TIMES)
        for value in field.data:
            slot_start(value)

    @property
    def times(self) -> Times:
        return Times(tuple(slot_start(value) for value in self.slot.data or ()), self.no_preference.data)


class BookingForm(OneTime, IntakeForm):
    pass


class RequestForm(SomeTimes, IntakeForm):
    pass


class MoveForm(OneTime, PublicForm):
    pass


class OtherTimesForm(SomeTimes, PublicForm):
    pass


class CancellationForm(PublicForm):
    reason = free_text("Anything we should know?", 500)


class LinksForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us the address you used."), Address()])

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")
