"""Sequences of e-mails with delays, started and stopped by explicit calls.

`start(name, person, occasion)` begins a sequence once per occasion, `stop` and `stop_all` end what still runs.
"""

from app.followups.models import PURPOSES, Sequence, SequenceRun, SequenceStep
from app.followups.runs import start, stop, stop_all

__all__ = ["PURPOSES", "Sequence", "SequenceRun", "SequenceStep", "start", "stop", "stop_all"]
