"""What holds a letter back for a while though it is due, such as a pause. Other rooms add theirs when imported."""

from collections.abc import Callable
from datetime import datetime

from app.clock import now
from app.people.models import Person

# Each says until when letters of a purpose to a person wait; None when they may go.
Hold = Callable[[Person, str], datetime | None]
HOLDS: list[Hold] = []


def held_until(person: Person, purpose: str) -> datetime | None:
    """The latest moment until which anything holds letters of `purpose` to `person`; None when nothing does."""
    ends = (end for hold in HOLDS if (end := hold(person, purpose)))
    return max((end for end in ends if end > now()), default=None)
