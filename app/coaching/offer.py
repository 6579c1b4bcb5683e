from typing import Any

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model, db
from app.hub.models import Question
from app.hub.written import Written
from app.publishing import Published

SLUG = "coaching"


class CoachingOffer(Model, Published, Written):
    """What a consultation is, and what its request form asks."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    eyebrow: Mapped[str] = mapped_column(String(200), default="")
    lede: Mapped[str]
    description: Mapped[str]
    sample: Mapped[bool] = mapped_column(default=False)
    price_note: Mapped[str]
    question_slugs: Mapped[list[str]] = mapped_column(JSON)
    topics: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # Each with a key and a label.
    career_stages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    @classmethod
    def current(cls) -> "CoachingOffer | None":
        return db.session.scalar(select(cls).filter_by(slug=SLUG))

    @property
    def questions(self) -> list[Question]:
        """Those of the named questions that the hub keeps, in the order named."""
        return Question.with_slugs(self.question_slugs)

    def topic_labels(self, keys: list[str]) -> list[str]:
        """The words for `keys`; a key the offer no longer knows speaks for itself."""
        return [label_of(key, self.topics) for key in keys]

    def career_stage_label(self, key: str) -> str:
        return label_of(key, self.career_stages)


def label_of(key: str, choices: list[dict[str, Any]]) -> str:
    """What `choices` call the choice of this key, or the key in plain words."""
    words = {choice["key"]: str(choice["label"]) for choice in choices}
    return words.get(key) or key.replace("-", " ").capitalize()
