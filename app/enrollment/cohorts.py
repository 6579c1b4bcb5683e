"""Cohorts: runs of the course, with dates, a price and seats."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from blinker import Signal
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app import clock
from app.enrollment.models import Course
from app.extensions import Model, db
from app.payments.wording import day
from app.publishing import Published, content_changed

if TYPE_CHECKING:
    from app.enrollment.live_sessions import LiveSession

# Sent with the cohort, before the commit, when seats in it are given back.
seats_freed = Signal()


class CohortFull(Exception):
    """No seat was left when one was asked for."""

    def __init__(self, cohort: "Cohort") -> None:
        super().__init__(cohort.name)
        self.cohort = cohort


class NotOnSale(Exception):
    """The cohort cannot be bought: there is none of that number, or its sales have closed."""


class Cohort(Model, Published):
    """A run of the course: with dates or at one's own pace, for so many or for as many as come."""

    __table_args__ = (
        UniqueConstraint("course_id", "name"),
        CheckConstraint("seats_taken BETWEEN 0 AND seats", name="seats_in_bounds"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="all_dates_or_none"),
        CheckConstraint("sales_until >= sales_from", name="sales_end_after_start"),
        CheckConstraint("early_taken >= 0", name="early_not_negative"),
        CheckConstraint("seats_awaited >= 0", name="awaited_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date | None]  # Without dates it is self-paced: one begins when one has paid.
    ends_on: Mapped[date | None]
    time_zone: Mapped[str] = mapped_column(String(64))
    sessions: Mapped[str] = mapped_column(String(500), default="")
    seats: Mapped[int | None]  # Without a number, as many as want one.
    seats_taken: Mapped[int] = mapped_column(default=0)
    # Those that people on the waiting list are to be offered first: nobody else can take them.
    seats_awaited: Mapped[int] = mapped_column(default=0)
    sales_open: Mapped[bool] = mapped_column(default=True)
    # The first and the last day of sales, where the cohort is held; without them, from now until it begins.
    sales_from: Mapped[date | None]
    sales_until: Mapped[date | None]
    price_cents: Mapped[int | None]  # Its own, instead of the course's.
    # A lower price until a day, for the first so many seats, or both: whatever ends first ends it.
    early_price_cents: Mapped[int | None]
    early_until: Mapped[date | None]
    early_seats: Mapped[int | None]
    early_taken: Mapped[int] = mapped_column(default=0)
    # Whether a module opens in its week only.
    opens_weekly: Mapped[bool] = mapped_column(default=False)
    is_sample: Mapped[bool] = mapped_column(default=False)
    course: Mapped[Course] = relationship(back_populates="cohorts")
    live_sessions: Mapped[list["LiveSession"]] = relationship(
        order_by="LiveSession.starts_at", back_populates="cohort", cascade="all, delete-orphan"
    )

    @classmethod
    def for_update(cls, cohort_id: int) -> "Cohort | None":
        """The cohort as it stands now, locked until commit. Every lock of an order or a person comes after it."""
        return db.session.get(cls, cohort_id, with_for_update=True, populate_existing=True)

    @property
    def in_order(self) -> tuple[date, int]:
        """As cohorts follow each other, the self-paced last. In this order they are locked, too."""
        return self.starts_on or date.max, self.id

    @property
    def following(self) -> "list[Cohort]":
        """Those after it that can be bought, full ones too."""
        later = [other for other in self.course.cohorts_on_sale if other.in_order > self.in_order]
        return sorted(later, key=lambda other: other.in_order)

    @property
    def is_self_paced(self) -> bool:
        return self.starts_on is None

    @property
    def dates(self) -> str:
        """In words: "March 2, 2027 to April 13, 2027"."""
        if self.starts_on is None or self.ends_on is None:
            return "At your own pace"
        return f"{day(self.starts_on)} to {day(self.ends_on)}"

    @property
    def has_lessons_only(self) -> bool:
        """Whether one is at one's own pace in it and never meets anybody."""
        return self.is_self_paced and not (self.sessions or self.live_sessions)

    @property
    def planned_minutes(self) -> dict[str, int | None]:
        """What it takes: live sessions and coaching, or, at one's own pace, the lessons. `hours_of` words it."""
        if self.is_self_paced:
            return {"minutes": None, "lesson_minutes": self.course.lesson_minutes}
        return {"minutes": self.course.live_minutes, "lesson_minutes": None}

    @property
    def begins(self) -> str:
        """In words: "March 2, 2027"."""
        return day(self.starts_on) if self.starts_on else "when you do"

    @property
    def has_begun(self) -> bool:
        return self.had_begun(clock.now())

    def had_begun(self, at: datetime) -> bool:
        """Whether that moment was after it began."""
        return clock.in_zone(at, self.time_zone).date() >= (self.starts_on or date.max)

    def may_have_reached(self, week: int) -> bool:
        """Whether its week of that number, from 1, has begun; at one's own pace it may have for somebody."""
        return self.starts_on is None or self._today >= self.starts_on + timedelta(weeks=week - 1)

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed."""
        return self.ends_on is not None and self._today > self.ends_on

    @property
    def seats_left(self) -> int | None:
        """Those that anybody may take; None when there is no limit."""
        return None if self.seats is None else max(self.seats - self.seats_taken - self.seats_awaited, 0)

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0

    @property
    def is_on_sale(self) -> bool:
        """Whether it can be bought, seats permitting: in its days of sales, and before the day it begins."""
        return self._will_sell and (self.sales_from or date.min) <= self._today

    @property
    def opens_on(self) -> date | None:
        """The day its sales open, when that is still to come."""
        return self.sales_from if self._will_sell and not self.is_on_sale else None

    @property
    def _will_sell(self) -> bool:
        last = self.sales_until or date.max
        return self.sales_open and self._today <= last and self._today < (self.starts_on or date.max)

    @property
    def closes_at(self) -> datetime | None:
        """The moment at which its sales end for good; None when none is set."""
        last = self.last_sales_day
        ends = last + timedelta(days=1) if last else self.starts_on
        if ends is None:
            return None
        return datetime.combine(ends, time.min, ZoneInfo(self.time_zone)).astimezone(UTC)

    @property
    def last_sales_day(self) -> date | None:
        """The last day of its sales, where one was set: the day before it begins, if that comes first."""
        if self.sales_until is None or self.starts_on is None:
            return self.sales_until
        return min(self.sales_until, self.starts_on - timedelta(days=1))

    @property
    def has_closed(self) -> bool:
        """Whether it began, or the last day of its sales is over. Taken off sale for a while, it has not."""
        return self.closes_at is not None and self.closes_at <= clock.now()

    @property
    def regular_price_cents(self) -> int:
        return self.course.price_cents if self.price_cents is None else self.price_cents

    @property
    def price_now_cents(self) -> int:
        """What one seat costs whoever orders it now."""
        return (
            self.early_price_cents if self.is_early and self.early_price_cents is not None else self.regular_price_cents
        )

    @property
    def is_early(self) -> bool:
        """Whether a seat can be had at the early price."""
        return self._early_days and self.early_left != 0

    @property
    def early_left(self) -> int | None:
        """How many seats can still be had at the early price; None when only a day ends it."""
        return None if self.early_seats is None else max(self.early_seats - self.early_taken, 0)

    @property
    def _early_days(self) -> bool:
        return self.early_price_cents is not None and self._today <= (self.early_until or date.max)

    @property
    def _today(self) -> date:
        return clock.in_zone(clock.now(), self.time_zone).date()

    def has_room_for(self, number: int) -> bool:
        """Whether `take_seats` would find so many. Lock the cohort first."""
        return self.seats is None or self.seats_taken + self.seats_awaited + number <= self.seats

    def take_seats(self, number: int) -> None:
        """One statement asks and takes, so that nobody is between. Raises CohortFull, and then changes nothing."""
        if number <= 0:
            return
        is_room = or_(Cohort.seats.is_(None), Cohort.seats_taken + Cohort.seats_awaited + number <= Cohort.seats)
        if not self._count(Cohort.seats_taken, number, is_room):
            raise CohortFull(self)

    def give_back_seats(self, number: int) -> None:
        if number > 0:
            self._count(Cohort.seats_taken, -number)
            seats_freed.send(self)

    @property
    def has_room_for_awaited(self) -> bool:
        """Whether a seat is free that can be offered to the first in line."""
        return self.seats_awaited > 0 and (self.seats is None or self.seats_taken < self.seats)

    def await_seats(self, number: int) -> None:
        """So many more people are in line; below 0, fewer."""
        self._count(Cohort.seats_awaited, number)

    def hold_awaited_seat(self) -> bool:
        """Take a free seat for somebody in line, who then waits no more: one statement asks and takes."""
        is_room = or_(Cohort.seats.is_(None), Cohort.seats_taken + 1 <= Cohort.seats)
        taken = update(Cohort).where(Cohort.id == self.id, Cohort.seats_awaited >= 1, is_room)
        taken = taken.values(seats_taken=Cohort.seats_taken + 1, seats_awaited=Cohort.seats_awaited - 1)
        taken = taken.returning(Cohort.seats_taken, Cohort.seats_awaited).execution_options(synchronize_session=False)
        counted = db.session.execute(taken).first()
        if counted is None:
            return False
        for name, number in counted._mapping.items():
            set_committed_value(self, name, number)
        content_changed()
        return True

    def price_seats(self, number: int) -> tuple[int, bool]:
        """What one of `number` seats costs that are ordered now, and whether that is the early price.

        All of them go at the early price, which are then counted, or none: one statement asks and counts.
        """
        is_left = or_(Cohort.early_seats.is_(None), Cohort.early_taken + number <= Cohort.early_seats)
        if self._early_days and self.early_price_cents is not None and self._count(Cohort.early_taken, number, is_left):
            return self.early_price_cents, True
        return self.regular_price_cents, False

    def count_early(self, number: int) -> None:
        """Seats at the early price that are held again, or, below 0, given back: who ordered at it, pays it."""
        self._count(Cohort.early_taken, number)

    def _count(self, column: InstrumentedAttribute[int], number: int, *conditions: ColumnElement[bool]) -> bool:
        counted = update(Cohort).where(Cohort.id == self.id, *conditions)
        counted = counted.values({column: column + number}).returning(column)
        taken = db.session.scalar(counted.execution_options(synchronize_session=False))
        if taken is None:
            return False
        set_committed_value(self, column.key, taken)
        content_changed()
        return True
