"""The catalogue: the course, its modules and its cohorts with their seats."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from app import clock
from app.extensions import Model, db
from app.hub.models import Question
from app.hub.written import Written
from app.publishing import Published


class CohortFull(Exception):
    """No seat was left when one was asked for."""

    def __init__(self, cohort: "Cohort") -> None:
        super().__init__(cohort.name)
        self.cohort = cohort


class NotOnSale(Exception):
    """The cohort cannot be bought: there is none of that number, or its sales have closed."""


class Course(Model, Published, Written):
    """What is sold and taught. The price here is the only one: neither browser nor Stripe has a say in it."""

    __table_args__ = (
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
        CheckConstraint("currency = lower(currency)", name="currency_lower"),
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
    modules: Mapped[list["Module"]] = relationship(order_by="Module.position", back_populates="course")
    cohorts: Mapped[list["Cohort"]] = relationship(order_by="Cohort.starts_on, Cohort.id", back_populates="course")

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

    @property
    def cohorts_on_sale(self) -> list["Cohort"]:
        """Those that can be bought, soonest first; the full ones among them too."""
        return [cohort for cohort in self.cohorts if cohort.is_on_sale]

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
    course: Mapped[Course] = relationship(back_populates="modules")


class Cohort(Model, Published):
    """A run of the course with dates and a fixed number of seats."""

    __table_args__ = (
        UniqueConstraint("course_id", "name"),
        CheckConstraint("seats_taken BETWEEN 0 AND seats", name="seats_in_bounds"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    time_zone: Mapped[str] = mapped_column(String(64))
    sessions: Mapped[str] = mapped_column(String(500), default="")
    seats: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    sales_open: Mapped[bool] = mapped_column(default=True)
    is_sample: Mapped[bool] = mapped_column(default=False)
    course: Mapped[Course] = relationship(back_populates="cohorts")

    @classmethod
    def for_update(cls, cohort_id: int) -> "Cohort | None":
        """The cohort as it stands now, locked until commit. Every lock of an order or a person comes after it."""
        return db.session.get(cls, cohort_id, with_for_update=True, populate_existing=True)

    @property
    def seats_left(self) -> int:
        return self.seats - self.seats_taken

    @property
    def is_full(self) -> bool:
        return self.seats_left <= 0

    @property
    def is_on_sale(self) -> bool:
        """Whether it can be bought, seats permitting: until the day it begins, where it is held."""
        return self.sales_open and self._today < self.starts_on

    @property
    def begins_today(self) -> bool:
        return self._today == self.starts_on

    @property
    def _today(self) -> date:
        return clock.in_zone(clock.now(), self.time_zone).date()

    def take_seats(self, number: int) -> None:
        """Lock the cohort first. Raises CohortFull, and then changes nothing."""
        if number > self.seats_left:
            raise CohortFull(self)
        self.seats_taken += number

    def give_back_seats(self, number: int) -> None:
        """Lock the cohort first."""
        self.seats_taken -= number
