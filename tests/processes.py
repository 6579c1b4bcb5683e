"""The site's own processes, started as an owner starts them, for tests that kill and restart them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent


def start(command: list[str], settings: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """`python -m` or `flask` with these settings and nobody else's; what it says goes to `log`."""
    environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(log.parent)}
    with log.open("ab") as file:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment | settings, stdout=file, stderr=file, start_new_session=True
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, within_seconds: float = 30) -> int:
    """Signal the process and everything it started; the exit code."""
    if process.poll() is None:
        os.killpg(process.pid, how)
    return process.wait(within_seconds)


def wait_until(condition: Callable[[], object], within_seconds: float = 60, what: str = "what was waited for") -> None:
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_seconds} s"
        time.sleep(0.05)
