from collections.abc import Iterable
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption

from app.coaching.availability.busy_feed import feed_address
from app.coaching.availability.hours import A_DAY
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.slots import DayHours, Hours, Rules
from app.extensions import Model, db


class Coach(Model):
    """Somebody who holds consultations, and when."""

    __table_args__ = (
        CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 240 AND buffer_before_minutes % 5 = 0", name="tick_before"
        ),
        CheckConstraint("buffer_after_minutes BETWEEN 0 AND 240 AND buffer_after_minutes % 5 = 0", name="tick_after"),
        CheckConstraint("minimum_notice_hours BETWEEN 0 AND 720", name="some_notice"),
        CheckConstraint("booking_window_days BETWEEN 1 AND 365", name="some_window"),
        CheckConstraint("most_per_day > 0 AND most_per_week > 0", name="some_a_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    # Where the coach is told of consultations; empty for the owner's address.
    email: Mapped[str] = mapped_column(String(254), default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    # Where one talks, such as a link or a phone number: told to whoever has booked, and to nobody else.
    location: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=15)
    minimum_notice_hours: Mapped[int] = mapped_column(default=24)
    booking_window_days: Mapped[int] = mapped_column(default=60)
    most_per_day: Mapped[int | None]
    most_per_week: Mapped[int | None]
    # The secret address of the coach's calendar holds it: another number makes another address.
    calendar_number: Mapped[int] = mapped_column(default=1)
    busy_feed_url: Mapped[str] = mapped_column(String(2000), default="")
    busy_feed_checked_at: Mapped[datetime | None]
    busy_feed_good_at: Mapped[datetime | None]
    # What went wrong at the last look, since when it does, and when the owner was told.
    busy_feed_problem: Mapped[str] = mapped_column(default="")
    busy_feed_failing_since: Mapped[datetime | None]
    busy_feed_told_at: Mapped[datetime | None]
    weekly_hours: Mapped[list["WeeklyHours"]] = relationship(
        order_by="(WeeklyHours.weekday, WeeklyHours.start_minute)", cascade="all, delete-orphan", passive_deletes=True
    )
    date_overrides: Mapped[list["DateOverride"]] = relationship(
        order_by="(DateOverride.day, DateOverride.start_minute)", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def active(cls) -> "list[Coach]":
        """Those who hold consultations, with their hours."""
        chosen = select(cls).filter_by(is_active=True).order_by(cls.position, cls.id)
        return list(db.session.scalars(chosen.options(*cls.with_hours())))

    @classmethod
    def active_for_update(cls) -> "list[Coach]":
        """Those who hold consultations, locked until commit: nobody reserves a time of theirs meanwhile.

        This lock comes after those on a person and on a consultation.
        """
        chosen = select(cls).filter_by(is_active=True).order_by(cls.id).with_for_update(key_share=True)
        return list(db.session.scalars(chosen.options(*cls.with_hours()).execution_options(populate_existing=True)))

    @classmethod
    def for_update(cls, coach_id: int) -> "Coach | None":
        """The coach, locked in the same way and at the same place."""
        return db.session.get(cls, coach_id, with_for_update={"key_share": True}, populate_existing=True)

    @classmethod
    def with_hours(cls) -> "tuple[ExecutableOption, ...]":
        """What loads the hours of all coaches that are asked for, at once."""
        return selectinload(cls.weekly_hours), selectinload(cls.date_overrides)

    @classmethod
    def with_busy_feed(cls) -> "list[Coach]":
        """Those who hold consultations and whose own calendar is watched."""
        chosen = select(cls).where(cls.is_active, cls.busy_feed_url != "").order_by(cls.position, cls.id)
        return list(db.session.scalars(chosen))

    def watch_busy_feed(self, text: str) -> bool:
        """Keep free what the calendar at the address that was pasted leaves free; none, for an empty text.

        Returns whether that is another one; then nothing is known of it yet. Raises BadFeed.
        """
        url = feed_address(text) if text.strip() else ""
        if url == self.busy_feed_url:
            return False
        self.busy_feed_url, self.busy_feed_problem = url, ""
        self.busy_feed_checked_at = self.busy_feed_good_at = None
        self.busy_feed_failing_since = self.busy_feed_told_at = None
        db.session.flush()  # From now on no look at the old one is kept.
        db.session.execute(delete(BusyTime).filter_by(coach_id=self.id))
        return True

    @property
    def address(self) -> str:
        """Where the coach is written to."""
        return self.email or str(current_app.config["OWNER_EMAIL"])

    @property
    def week(self) -> list[Hours]:
        return [Hours(row.weekday, row.start_minute, row.end_minute) for row in self.weekly_hours]

    def talk_weekly(self, week: Iterable[Hours]) -> None:
        """Let these be the hours of each week."""
        wanted = set(week)
        kept = [row for row in self.weekly_hours if Hours(row.weekday, row.start_minute, row.end_minute) in wanted]
        added = wanted - {Hours(row.weekday, row.start_minute, row.end_minute) for row in kept}
        self.weekly_hours = kept
        db.session.flush()  # Another interval may begin when one that is gone did.
        self.weekly_hours += [WeeklyHours(**hours._asdict()) for hours in sorted(added)]

    def differ_on(self, days: Iterable[DayHours], *, is_extra: bool) -> None:
        """Talk in these hours besides, or not at all in them. They become one with what they touch of the same sort."""
        for day, start, end in days:
            for row in [row for row in self.date_overrides if (row.day, row.is_extra) == (day, is_extra)]:
                first, last = min(start, row.start_minute), max(end, row.end_minute)
                if row.start_minute <= end and start <= row.end_minute and last - first <= A_DAY:
                    start, end = first, last
                    self.date_overrides.remove(row)
            self.date_overrides.append(DateOverride(day=day, is_extra=is_extra, start_minute=start, end_minute=end))

    def differ_no_more(self, days: Iterable[DayHours], *, is_extra: bool) -> int:
        """Take back such hours of these dates. Returns how many there were."""
        taken_back = set(days)
        rows = [row for row in self.date_overrides if row.hours in taken_back and row.is_extra == is_extra]
        for row in rows:
            self.date_overrides.remove(row)
        return len(rows)

    def rules_for(self, kind: ConsultationKind) -> Rules:
        """What a time for such a consultation has to keep to."""
        return Rules(
            weekly=tuple(self.week),
            extra=tuple(row.hours for row in self.date_overrides if row.is_extra),
            blocked=tuple(row.hours for row in self.date_overrides if not row.is_extra),
            duration_minutes=kind.duration_minutes,
            step_minutes=kind.step_minutes,
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            minimum_notice=timedelta(hours=self.minimum_notice_hours),
            booking_window=timedelta(days=self.booking_window_days),
            most_per_day=self.most_per_day,
            most_per_week=self.most_per_week,
        )


class WeeklyHours(Model):
    """An interval of every week in which the coach talks. One that runs over midnight ends after the day's 1440."""

    __table_args__ = (
        UniqueConstraint("coach_id", "weekday", "start_minute"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="day_of_week"),
        CheckConstraint(f"start_minute BETWEEN 0 AND {A_DAY - 1} AND start_minute % 5 = 0", name="starts_on_tick"),
        CheckConstraint(
            f"end_minute > start_minute AND end_minute <= start_minute + {A_DAY} AND end_minute % 5 = 0",
            name="ends_on_tick",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    weekday: Mapped[int]  # 0 is Monday.
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class DateOverride(Model):
    """An interval of one date in which the coach talks besides, or does not talk."""

    __table_args__ = (
        Index("ix_date_override_coach_day", "coach_id", "day"),
        CheckConstraint(f"start_minute BETWEEN 0 AND {A_DAY - 1} AND start_minute % 5 = 0", name="starts_on_tick"),
        CheckConstraint(
            f"end_minute > start_minute AND end_minute <= start_minute + {A_DAY} AND end_minute % 5 = 0",
            name="ends_on_tick",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    day: Mapped[date]
    is_extra: Mapped[bool]
    start_minute: Mapped[int]
    end_minute: Mapped[int]

    @property
    def hours(self) -> DayHours:
        return DayHours(self.day, self.start_minute, self.end_minute)


class BusyTime(Model):
    """When the coach's own calendar says that they are taken, as last read."""

    __table_args__ = (
        Index("ix_busy_time_coach_ends", "coach_id", "ends_at"),
        CheckConstraint("ends_at > starts_at", name="takes_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
