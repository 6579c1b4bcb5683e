from datetime import datetime
from typing import Any, NamedTuple

# The library tells of any property that it may be of any type.
Entry = Any
# What the libraries raise when somebody wrote nonsense.
SENSELESS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


class Unreadable(Exception):
    """Nothing can be told from it. The message says to the owner why."""


class Look(NamedTuple):
    """What is looked for: busy times between two moments. `zone` is for what names none, such as whole days; events
    whose UID is one of `ours` are known better here; to `address` the coach is invited.
    """

    zone: str
    first: datetime
    last: datetime
    ours: frozenset[str] = frozenset()
    address: str = ""
