import json
import resource
import sys
from datetime import datetime
from typing import Any

from .busy import busy_times
from .looking import Look, Unreadable

MEMORY_BYTES = 1 << 30


def main() -> None:
    """A line of JSON that says what is looked for, and the calendar, to a line of JSON that says what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    said = json.loads(sys.stdin.buffer.readline())
    first, last = (datetime.fromisoformat(said[name]) for name in ("first", "last"))
    try:
        busy = busy_times(
            sys.stdin.buffer.read(), Look(said["zone"], first, last, frozenset(said["ours"]), said["address"])
        )
        answer: dict[str, Any] = {"busy": [[start.isoformat(), end.isoformat()] for start, end in busy]}
    except Unreadable as why:
        answer = {"problem": str(why)}
    print(json.dumps(answer))
