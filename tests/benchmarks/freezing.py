"""Fixing the audience of an issue: how long for a million, and how much more memory than for ten thousand."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app import config, create_app
from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.tasks import freeze
from tests.benchmarks.databases import kinds, site_on, subscribe
from tests.benchmarks.tools import ROOT

FEW, MANY = 10_000, 1_000_000


def measure() -> None:
    print(f"\nFixing an audience: seconds, and the worker's peak memory, for {FEW:,} and for {MANY:,}")
    for kind in kinds():
        found = {count: _frozen(kind, count) for count in (FEW, MANY)}
        for count, (seconds, megabytes) in found.items():
            print(f"  {kind:11} {count:9,} {seconds:7.1f} s {megabytes:6.0f} MB", flush=True)
        (few, less), (many, more) = found[FEW], found[MANY]
        print(
            f"  {kind:11} {'a million':>9} {many / few / (MANY / FEW):7.2f} of the time per row, {more - less:+.0f} MB"
        )


def _frozen(kind: str, count: int) -> tuple[float, float]:
    """Seconds and megabytes, in a process that does nothing else."""
    with site_on(kind) as app:
        subscribe(count)
        issue = Issue(slug="one", title="One", subject="One", body="One.", scheduled_at=now())
        db.session.add(issue)
        db.session.commit()
        command = [sys.executable, "-m", "tests.benchmarks.freezing"]
        command += [app.config["SQLALCHEMY_DATABASE_URI"], str(issue.id)]
        printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        db.session.rollback()
        assert db.session.get_one(Issue, issue.id, populate_existing=True).recipients > count - 100
        seconds, megabytes = map(float, printed.split())
        return seconds, megabytes


def _freeze(url: str, issue_id: int) -> None:
    """In a process of its own: fix the audience, and print the seconds and the megabytes it took."""
    with TemporaryDirectory(prefix="bench-") as folder:
        app = create_app(config.load({"INSTANCE_PATH": folder, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}))
        with app.app_context():
            begun = time.perf_counter()
            freeze(issue_id)
            seconds = time.perf_counter() - begun
    status = Path("/proc/self/status").read_text().splitlines()
    print(seconds, next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _freeze(sys.argv[1], int(sys.argv[2]))
    else:
        measure()
