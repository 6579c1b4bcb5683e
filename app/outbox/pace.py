"""The ceiling on messages a second, kept by all workers together."""

import time
from math import ceil

from flask import current_app
from sqlalchemy import CheckConstraint, case, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model, db

# A clock that was set back, or one of another machine that runs ahead, holds nobody up for longer.
HORIZON_SECONDS = 60.0
AHEAD_SECONDS = 0.2


class Pace(Model):
    """One row: from when on the next message may go. Each worker reserves a few places ahead."""

    __tablename__ = "mail_pace"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    next_at: Mapped[float]

    @classmethod
    def reserve(cls, count: int, rate: float) -> float:
        """Reserve `count` places at `rate` a second; the seconds from now until the first. Commit before waiting."""
        moment, span = time.time(), count / rate
        is_ahead = cls.next_at.between(moment, moment + HORIZON_SECONDS + 2 / rate)
        taken = update(cls).values(next_at=case((is_ahead, cls.next_at), else_=moment) + span).returning(cls.next_at)
        if (until := db.session.scalar(taken)) is None:
            cls._begin()
            until = db.session.scalars(taken).one()
        return until - span - moment

    @classmethod
    def _begin(cls) -> None:
        try:
            with db.session.begin_nested():
                db.session.execute(insert(cls).values(id=1, next_at=0.0))
        except IntegrityError:  # Another worker began at the same time.
            db.session.scalar(select(cls.id))

    @classmethod
    def wait_for_a_place(cls) -> None:
        """Sleep until one message may go. Commits."""
        if rate := current_app.config["MAIL_RATE_PER_SECOND"]:
            wait = cls.reserve(1, rate)
            db.session.commit()
            time.sleep(max(0.0, wait))


class Places:
    """The places this process has reserved. Free at once where no ceiling is set."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._free_at: list[float] = []

    @classmethod
    def under_the_ceiling(cls) -> "Places":
        return cls(current_app.config["MAIL_RATE_PER_SECOND"])

    def seconds_to_next(self) -> float:
        """How long until a message may go; 0 when one may now. Commits when it has to reserve."""
        if self._rate is None:
            return 0.0
        if not self._free_at:
            count = max(1, ceil(self._rate * AHEAD_SECONDS))
            first = time.monotonic() + Pace.reserve(count, self._rate)
            db.session.commit()
            self._free_at = [first + place / self._rate for place in range(count)]
        return max(0.0, self._free_at[0] - time.monotonic())

    def take(self) -> None:
        """Use up the place that is free now."""
        if self._rate is not None:
            self._free_at.pop(0)
