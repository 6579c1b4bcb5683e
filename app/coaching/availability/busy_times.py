"""What coaches' own calendars say, looked at anew now and then: the last good copy stays while they cannot be read."""

from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from app.clock import now
from app.coaching import emails
from app.coaching.availability.busy_feed import BadFeed, fetch, read
from app.coaching.availability.models import BusyTime, Coach
from app.coaching.availability.slots import Interval
from app.coaching.models import Consultation
from app.extensions import db

EVERY = timedelta(minutes=15)
OWNER_TOLD_AFTER = timedelta(days=1)
BEFORE = timedelta(days=1)
# A copy that cannot be renewed reaches to the end of what can be booked for a week still.
BEYOND = timedelta(days=7)


class Look(NamedTuple):
    """One look at a coach's calendar. What comes of it counts unless another one began meanwhile."""

    coach_id: int
    began_at: datetime
    url: str
    zone: str
    between: Interval
    ours: frozenset[str]
    address: str

    @classmethod
    def begin(cls, coach_id: int, *, unless_within: timedelta) -> "Look | None":
        """None where somebody looked so short a time ago, or there is no calendar. Commit before looking."""
        began_at = now()
        claimed = (
            update(Coach)
            .where(Coach.id == coach_id, _is_due(unless_within))
            .values(busy_feed_checked_at=began_at)
            .returning(Coach.busy_feed_url, Coach.time_zone, Coach.booking_window_days, Coach.email)
        )
        if not (row := db.session.execute(claimed).first()):
            return None
        url, zone, days, email = row
        between = Interval(began_at - BEFORE, began_at + timedelta(days=days) + BEYOND)
        ours = db.session.scalars(select(Consultation.uid).where(Consultation.ends_at > between.starts_at))
        address = email or current_app.config["OWNER_EMAIL"]
        return cls(coach_id, began_at, url, zone, between, frozenset(ours), address)

    def keep(self, busy: list[Interval]) -> None:
        """Put what was read in the place of what was known."""
        if not (coach := self._coach()):
            return
        coach.busy_feed_good_at, coach.busy_feed_problem = now(), ""
        coach.busy_feed_failing_since = coach.busy_feed_told_at = None
        db.session.execute(delete(BusyTime).filter_by(coach_id=coach.id))
        rows = [{"coach_id": coach.id, "starts_at": start, "ends_at": end} for start, end in busy]
        if rows:
            db.session.execute(insert(BusyTime), rows)

    def fail(self, problem: str) -> None:
        """Note why it could not be read; the owner is told once when that goes on."""
        if not (coach := self._coach()):
            return
        coach.busy_feed_problem = problem
        coach.busy_feed_failing_since = coach.busy_feed_failing_since or now()
        if not coach.busy_feed_told_at and now() - coach.busy_feed_failing_since >= OWNER_TOLD_AFTER:
            coach.busy_feed_told_at = now()
            emails.busy_feed_failing(coach)

    def _coach(self) -> Coach | None:
        """Locked, unless its calendar is another by now or was looked at again."""
        coach = db.session.get(Coach, self.coach_id, with_for_update=True, populate_existing=True)
        is_same = coach and (coach.busy_feed_url, coach.busy_feed_checked_at) == (self.url, self.began_at)
        return coach if is_same else None


def _is_due(after: timedelta) -> ColumnElement[bool]:
    never, long_ago = Coach.busy_feed_checked_at.is_(None), Coach.busy_feed_checked_at <= now() - after
    return (Coach.busy_feed_url != "") & or_(never, long_ago)


def coaches_due() -> list[int]:
    """The numbers of the coaches whose calendars are to be looked at again."""
    due = select(Coach.id).where(Coach.is_active, _is_due(EVERY)).order_by(Coach.busy_feed_checked_at)
    return list(db.session.scalars(due))


def look(coach_id: int, *, unless_within: timedelta = EVERY) -> None:
    """Look at a coach's calendar, with no transaction open meanwhile. Commits before and after."""
    begun = Look.begin(coach_id, unless_within=unless_within)
    db.session.commit()
    if not begun:
        return
    try:
        data = fetch(begun.url, current_app.config["SITE_URL"])
        begun.keep(read(data, begun.zone, begun.between, begun.ours, begun.address))
    except BadFeed as why:
        begun.fail(str(why))
    db.session.commit()
