from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model, db
from app.publishing import Published


class ConsultationKind(Model, Published):
    """A sort of consultation one can book: its length, its questions, its price."""

    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 5 AND 480 AND duration_minutes % 5 = 0", name="takes_ticks"),
        CheckConstraint("step_minutes BETWEEN 5 AND 480 AND step_minutes % 5 = 0", name="steps_in_ticks"),
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    duration_minutes: Mapped[int]
    step_minutes: Mapped[int] = mapped_column(default=30)  # From one offered start to the next.
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # Each: key, label, required.
    price_cents: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), default="usd")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    @classmethod
    def active(cls) -> "list[ConsultationKind]":
        return list(db.session.scalars(select(cls).filter_by(is_active=True).order_by(cls.position, cls.id)))
