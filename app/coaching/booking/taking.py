"""Taking a time: whose it becomes, and that it is free, settled while nobody else can take one."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.diary import Diary
from app.coaching.booking.reserved import ReservedTime, SlotTaken


class NotOffered(Exception):
    """The time is outside every coach's hours, past, or too far ahead: it never was on offer."""


def take(
    kind: ConsultationKind,
    starts_at: datetime,
    coach_id: int | None = None,
    *,
    held_until: datetime | None = None,
    instead_of: Iterable[ReservedTime] = (),
    beside: Iterable[ReservedTime] = (),
) -> ReservedTime:
    """Reserve a free time of the coach, or of the free coach who has the fewest consultations before them.

    `instead_of` are reservations given back for it; if it raises, they stand. `beside` are those of the same
    consultation that may stand beside it until one of them is settled on. Locks the coaches.
    Raises SlotTaken or NotOffered; then nothing has changed.
    """
    coaches = [coach for coach in Coach.active_for_update() if coach_id in (None, coach.id)]
    given_back, ours = list(instead_of), list(beside)
    able = _able(Diary.read(kind, coaches, but=[reserved.id for reserved in (*given_back, *ours)]), starts_at)
    coach = min(able, key=lambda diary: diary.upcoming).coach
    return ReservedTime.make(coach, kind, starts_at, held_until, instead_of=given_back, beside=ours)


def look(kind: ConsultationKind, coaches: Sequence[Coach], starts: Iterable[datetime]) -> None:
    """Raise what taking one of the times would, as far as can be seen without a lock.

    So of many who want the same time, most learn that it is gone without waiting for each other.
    """
    diaries = Diary.read(kind, coaches)
    for starts_at in starts:
        _able(diaries, starts_at)


def _able(diaries: Sequence[Diary], starts_at: datetime) -> list[Diary]:
    """Of the coaches who are free then. Raises SlotTaken or NotOffered where nobody is."""
    if able := [diary for diary in diaries if starts_at in diary.free()]:
        return able
    raise SlotTaken if any(diary.was_ever_free(starts_at) for diary in diaries) else NotOffered
