"""At most one letter a day to a person, over all sequences. Rooms with letters of their own keep to it by HOLDS."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import now
from app.extensions import UTCDateTime, db
from app.followups.holds import HOLDS
from app.followups.runs import PassedStep, SequenceRun

A_DAY = timedelta(hours=24)


def marketed_since(person_ids: Collection[int], since: datetime) -> dict[int, datetime]:
    """When each of these people was last written a letter of a sequence, if that was after `since`. One query."""
    last_at = func.max(PassedStep.at, type_=UTCDateTime)
    written = (
        select(SequenceRun.person_id, last_at)
        .join(PassedStep, PassedStep.run_id == SequenceRun.id)
        .where(SequenceRun.person_id.in_(person_ids), PassedStep.at > since)
        .group_by(SequenceRun.person_id)
    )
    return {person_id: at for person_id, at in db.session.execute(written)}


def _a_day_after_the_last(person_ids: Collection[int], _purpose: str) -> dict[int, datetime]:
    return {person_id: at + A_DAY for person_id, at in marketed_since(person_ids, now() - A_DAY).items()}


HOLDS.append(_a_day_after_the_last)
