from itertools import zip_longest
from typing import Any

from flask import request
from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import DataRequired

from app.coaching.availability.kinds import ConsultationKind
from app.people.forms import Form
from app.slugs import free_slug, slug_of
from app.studio.letter_fields import line, text
from app.studio.money import Price, in_units
from app.studio.number_fields import WholeNumber

SPARE_QUESTIONS = 2
LONGEST_QUESTION = 200
CURRENCIES = {
    "usd": "US dollars",
    "cad": "Canadian dollars",
    "eur": "Euros",
    "gbp": "Pounds sterling",
    "aud": "Australian dollars",
}


class KindForm(Form):
    """What a kind of consultation is, how long it takes, what it asks and costs."""

    title = line("Title", DataRequired("Give it a title. Visitors choose by it."))
    description = text("Description")
    duration_minutes = WholeNumber("Length in minutes", 5, 480, step=5)
    step_minutes = WholeNumber("Minutes from one offered start to the next", 5, 480, step=5)
    price = Price("Price", may_be_empty=True)
    currency = SelectField("Currency", choices=[SelectChoice(*pair) for pair in CURRENCIES.items()])

    def __init__(self, kind: ConsultationKind | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind and kind.currency not in CURRENCIES:  # It came in with a file.
            every = CURRENCIES | {kind.currency: kind.currency.upper()}
            self.currency.choices = [SelectChoice(*pair) for pair in every.items()]
        self.questions = typed_questions() if self.is_submitted() else list(kind.questions if kind else [])
        self.question_errors = [_question_problem(question) for question in self.questions]

    @classmethod
    def showing(cls, kind: ConsultationKind) -> "KindForm":
        """The form as it stands before anything is changed."""
        return cls(kind, formdata=None, obj=kind, price=in_units(kind.price_cents))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The questions, and some to spare."""
        return [*self.questions, *[{"key": "", "label": "", "required": False}] * SPARE_QUESTIONS]

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        return valid and not any(self.question_errors)

    def fill(self, kind: ConsultationKind) -> None:
        """Let `kind` be as was typed."""
        kind.title, kind.description = self.title.data or "", self.description.data or ""
        kind.duration_minutes, kind.step_minutes = self.duration_minutes.data or 5, self.step_minutes.data or 5
        kind.price_cents = self.price.cents or 0
        kind.currency = self.currency.data
        kind.questions = self.questions


def typed_questions() -> list[dict[str, Any]]:
    """The questions of the request, without those left empty. A new one gets a key made from its words."""
    keys, labels = request.form.getlist("question-key"), request.form.getlist("question")
    required = set(request.form.getlist("question-required"))
    taken = {key for key in keys if key}
    questions = []
    for number, (label, key) in enumerate(zip_longest(labels, keys[: len(labels)], fillvalue="")):
        label = " ".join(label.split())
        if not label:
            continue
        if not key or slug_of(key, 40, "") != key:
            key = free_slug(slug_of(label, 36, "question"), taken)
            taken.add(key)
        questions.append({"key": key, "label": label, "required": str(number) in required})
    return questions


def _question_problem(question: dict[str, Any]) -> str:
    if len(question["label"]) > LONGEST_QUESTION:
        return f"Keep a question under {LONGEST_QUESTION} characters."
    return "" if question["label"].isprintable() else "Please write this in plain characters."
