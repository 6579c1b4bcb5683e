"""Times that the owner types as a wall clock shows them, on days too on which it jumps or is set back."""

from datetime import datetime

from wtforms.validators import ValidationError

from app.clock import in_zone
from app.local_times import SkippedTime, abbreviation, clock_time, instants

WHICH = {"first": "The first time", "second": "The second time, an hour later"}


class NotSaidWhich(ValidationError):
    """The clock shows that time twice, and it was not said which of the two is meant."""


def meant(wall: datetime, zone: str, which: str | None) -> datetime:
    """The instant at which the clocks of `zone` show `wall`; `which` is a key of WHICH where they show it twice.

    Raises NotSaidWhich, or another ValidationError where there is no such time.
    """
    try:
        found = instants(wall, zone)
    except SkippedTime as skipped:
        go_on = clock_time(skipped.until)
        raise ValidationError(
            f"The clocks jump over {clock_time(wall)} that day: they go from just before it on to {go_on}. "
            f"The next time there is, is {go_on}."
        ) from None
    except OverflowError:
        raise ValidationError("There is no such day. Choose a nearer one.") from None
    if len(found) == 1:
        return found[0]
    if which not in WHICH:
        names = " and once as ".join(abbreviation(in_zone(moment, zone)) for moment in found)
        raise NotSaidWhich(
            f"The clocks are set back that day and show {clock_time(wall)} twice, once as {names}. "
            "Say below which of the two you mean."
        )
    return found[list(WHICH).index(which)]
