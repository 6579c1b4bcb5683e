"""What holds letters back for a while though they are due, such as a pause, and what ends them.

Other rooms add theirs when imported.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from app.clock import now

# Each says, of many people at once, until when letters of a purpose to them wait; it leaves out those who need not.
Hold = Callable[[Collection[int], str], Mapping[int, datetime]]
HOLDS: list[Hold] = []


# Each says, of the event that began a run and of its occasion, when its letters have no more sense, if ever.
End = Callable[[str, str], datetime | None]
ENDS: list[End] = []


def ends_at(event: str, occasion: str) -> datetime | None:
    """From when on no letter follows any more that `event` began for an `occasion`."""
    return min((end for ask in ENDS if (end := ask(event, occasion))), default=None)


def held_until(person_ids: Collection[int], purpose: str) -> dict[int, datetime]:
    """Whose letters of `purpose` are held back, of these people: each with the latest end of what holds them."""
    moment, ends = now(), dict[int, datetime]()
    for hold in HOLDS:
        for person_id, end in hold(person_ids, purpose).items():
            if end > moment:
                ends[person_id] = max(end, ends.get(person_id, end))
    return ends
