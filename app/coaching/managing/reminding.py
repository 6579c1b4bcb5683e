"""Reminders of what is booked, a day and an hour before: each once, and only while it stands."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update

from app.clock import now
from app.coaching import emails
from app.coaching.models import Consultation
from app.extensions import UTCDateTime, db
from app.followups import HOLDS


class Reminder(NamedTuple):
    """One that is due from `first` before it begins until `last` before, if a worker was away meanwhile.

    Who booked it less than `fresh` before needs none: the mail that told them is as new.
    """

    noted: Any  # The column of the moment it was written at.
    first: timedelta
    last: timedelta
    fresh: timedelta
    write: Callable[[Consultation], None]

    def due(self) -> list[int]:
        """The numbers of the consultations that it is due for, those that begin first before others."""
        starts_at = Consultation.starts_at
        soon = and_(starts_at > now() + self.last, starts_at <= now() + self.first)
        rows = select(Consultation.id, starts_at, Consultation.booked_at).where(soon, self._is_wanted())
        found = db.session.execute(rows.order_by(starts_at)).all()
        return [number for number, starts, booked in found if starts and booked and booked <= starts - self.fresh]

    def send(self, consultation_id: int) -> bool:
        """Write it, unless another worker has or the consultation has changed; whether it was written."""
        soon = and_(Consultation.starts_at > now() + self.last, Consultation.starts_at <= now() + self.first)
        mine = update(Consultation).where(Consultation.id == consultation_id, soon, self._is_wanted())
        mine = mine.values({self.noted: now()})
        if db.session.scalar(mine.returning(Consultation.id)) is None:
            return False
        self.write(db.session.get_one(Consultation, consultation_id, populate_existing=True))
        return True

    def _is_wanted(self) -> ColumnElement[bool]:
        stands = Consultation.booked_at.is_not(None), Consultation.cancelled_at.is_(None)
        open_ = Consultation.completed_at.is_(None), Consultation.no_show_at.is_(None)
        return and_(self.noted.is_(None), *stands, *open_)


# In the last hours before it begins the second is due soon, so the first is left out rather than sent late.
REMINDERS = (
    Reminder(
        Consultation.reminded_day_at,
        timedelta(hours=24),
        timedelta(hours=3),
        timedelta(hours=26),
        emails.reminder_of_day,
    ),
    Reminder(
        Consultation.reminded_hour_at, timedelta(hours=1), timedelta(0), timedelta(hours=2), emails.reminder_of_hour
    ),
)


# A letter of a sequence leaves these hours to the reminder of the day: two mails at once are read as one too many.
QUIET_BEFORE, QUIET_AFTER = timedelta(hours=1), timedelta(hours=3)


def _around_the_reminder(person_ids: Collection[int], _purpose: str) -> dict[int, datetime]:
    starts_at, remind = Consultation.starts_at, REMINDERS[0].first
    near = and_(starts_at > now() + remind - QUIET_AFTER, starts_at < now() + remind + QUIET_BEFORE)
    stands = Consultation.booked_at.is_not(None), Consultation.cancelled_at.is_(None)
    found = (
        select(Consultation.person_id, func.max(starts_at, type_=UTCDateTime))
        .where(Consultation.person_id.in_(person_ids), near, *stands)
        .group_by(Consultation.person_id)
    )
    return {person_id: starts - remind + QUIET_AFTER for person_id, starts in db.session.execute(found) if starts}


HOLDS.append(_around_the_reminder)
