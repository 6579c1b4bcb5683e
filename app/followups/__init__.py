"""Sequences of e-mails with delays, started and stopped by explicit calls.

`start(name, person, occasion)` begins a sequence once per occasion, `stop` and `stop_all` end what still runs.
A letter that is due waits while one of `HOLDS` says so.
"""

from app.followups.holds import HOLDS
from app.followups.models import PURPOSES, Sequence, SequenceRun, SequenceStep
from app.followups.runs import let_go, start, stop, stop_all

__all__ = ["HOLDS", "PURPOSES", "Sequence", "SequenceRun", "SequenceStep", "let_go", "start", "stop", "stop_all"]
