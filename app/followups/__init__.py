"""Sequences of e-mails with delays, started and stopped by what happens elsewhere.

`happened(event, person, occasion)` starts and stops what is set to, `call_off`, `take_back`, `stop_on` and `stop_all`
end what still runs; `retell` changes what it says.
A letter that is due waits while one of `HOLDS` says so, and nobody gets two a day; what one of `ENDS` says is over ends
the run.
"""

from app.followups import daily, records
from app.followups.events import call_off, happened, let_go, retell, stop_all, stop_on, take_back
from app.followups.holds import ENDS, HOLDS
from app.followups.models import PURPOSES, Letter, Sequence, SequenceStep
from app.followups.runs import SequenceRun

# The records are imported so that what is held of a person is known.
__all__ = [
    "ENDS",
    "HOLDS",
    "PURPOSES",
    "Letter",
    "Sequence",
    "SequenceRun",
    "SequenceStep",
    "call_off",
    "daily",
    "happened",
    "let_go",
    "records",
    "retell",
    "stop_all",
    "stop_on",
    "take_back",
]
