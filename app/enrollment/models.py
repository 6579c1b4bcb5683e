"""The catalogue: the course and its modules."""

from functools import cached_property
from typing import TYPE_CHECKING

from blinker import Signal
from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from app.extensions import Model, db
from app.hub.models import Question
from app.hub.written import Written
from app.publishing import Published

if TYPE_CHECKING:
    from app.enrollment.cohorts import Cohort

TAXES = ("none", "exclusive", "inclusive")
NO_CREDIT = "No CME credit is offered for this course."

# Sent with a course to ask how many minutes its lessons take: whoever holds them answers.
lessons_timed = Signal()


class Course(Model, Published, Written):
    """What is sold and taught. Neither browser nor Stripe has a say in its price, or in that of a cohort."""

    __table_args__ = (
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
        CheckConstraint("currency = lower(currency)", name="currency_lower"),
        CheckConstraint("tax IN ('none', 'exclusive', 'inclusive')", name="known_tax"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(160), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    eyebrow: Mapped[str] = mapped_column(String(200), default="")
    lede: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(String(500))
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    live_minutes: Mapped[int | None]
    is_sample: Mapped[bool] = mapped_column(default=False)
    learn: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Slugs of the hub's questions that the page answers, in order.
    question_slugs: Mapped[list[str]] = mapped_column(JSON, default=list)
    refund_policy: Mapped[str] = mapped_column(default="")
    # Whether Stripe works out a tax, and whether the price has it in it. An account without Stripe Tax refuses to.
    tax: Mapped[str] = mapped_column(String(10), default="none")
    # Whether there is CME credit, in plain words: it stands on every paper.
    credit_statement: Mapped[str] = mapped_column(String(500), default=NO_CREDIT)
    # How learners book the coaching that is included; empty where none is.
    coaching: Mapped[str] = mapped_column(String(500), default="")
    modules: Mapped[list["Module"]] = relationship(
        order_by="Module.position",
        back_populates="course",
        primaryjoin="and_(Course.id == Module.course_id, Module.is_retired.is_(False))",
    )
    cohorts: Mapped[list["Cohort"]] = relationship(
        order_by="Cohort.starts_on.is_(None), Cohort.starts_on, Cohort.id", back_populates="course"
    )

    @classmethod
    def current(cls) -> "Course | None":
        """The course that `/course/` shows, with modules and cohorts."""
        everything = (selectinload(cls.modules), selectinload(cls.cohorts))
        return db.session.scalar(select(cls).order_by(cls.id).limit(1).options(*everything))

    @property
    def questions(self) -> list[Question]:
        """Those the page answers, in order; one that the hub does not have is left out."""
        return Question.with_slugs(self.question_slugs)

    @property
    def hours(self) -> int | float | None:
        """Length of live sessions and coaching together."""
        if self.live_minutes is None:
            return None
        return self.live_minutes // 60 if self.live_minutes % 60 == 0 else self.live_minutes / 60

    @cached_property
    def lesson_minutes(self) -> int:
        """What all its lessons take together."""
        return sum(minutes for _, minutes in lessons_timed.send(self))

    @property
    def cohorts_on_sale(self) -> list["Cohort"]:
        """Those that can be bought, soonest first; the full ones among them too."""
        return [cohort for cohort in self.cohorts if cohort.is_on_sale]

    @property
    def cohorts_announced(self) -> list["Cohort"]:
        """Those on sale and those whose sales will open, soonest first, at one's own pace last."""
        return [cohort for cohort in self.cohorts if cohort.is_on_sale or cohort.opens_on]

    @property
    def price_now_cents(self) -> int:
        """What a seat in the next cohort costs now."""
        return self.next_cohort.price_now_cents if self.next_cohort else self.price_cents

    @property
    def next_cohort(self) -> "Cohort | None":
        """The soonest with a seat left; when all are full, the soonest."""
        on_sale = self.cohorts_on_sale
        return next((cohort for cohort in on_sale if not cohort.is_full), on_sale[0] if on_sale else None)


class Module(Model, Published, Written):
    """A part of the course: its summary is public, its text is for those enrolled."""

    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(String(160))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500))
    # The week of the cohort in which it opens, where modules open week by week; 1 is the first.
    opens_in_week: Mapped[int] = mapped_column(default=1)
    # Taken out of the course. The row stays, because lessons hang on it, and on these what learners wrote.
    is_retired: Mapped[bool] = mapped_column(default=False)
    course: Mapped[Course] = relationship(back_populates="modules")
