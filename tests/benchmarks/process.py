"""A web process: how soon it is ready, and how much memory it takes."""

import time
from pathlib import Path

from tests.benchmarks.site import HUB, BenchSite
from tests.benchmarks.tools import fetched, granian, rate, running

PAGES = ["/", HUB, "/articles/", "/guide", "/coaching/", "/course/", "/newsletter/", "/sign-in"]


def measure(site: BenchSite) -> None:
    begun = time.perf_counter()
    with running(granian("wsgi:app", **site.settings), "/readyz") as (address, server):
        ready = time.perf_counter() - begun
        print(f"\nA web process\n  ready after {ready:.1f} s")
        for path in PAGES:
            fetched(address + path)
        print(f"  {_memory(server.pid):.0f} MB when every page was asked for once")
        rate(address + HUB)
        rate(address + "/sign-in")
        print(f"  {_memory(server.pid):.0f} MB after load", flush=True)


def _memory(pid: int) -> float:
    """Resident megabytes of the serving process, which Granian starts as a child of its own."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(_resident(int(child)) for child in children)


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000
