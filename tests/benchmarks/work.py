"""How many requests Flask should work on at once, found by measuring a page that is rendered every time."""

from tests.benchmarks.site import HUB, BenchSite
from tests.benchmarks.tools import Server, granian, rates

CANDIDATES = (1, 2, 4, 8, 16)


def compare(site: BenchSite) -> None:
    servers: dict[str, Server] = {
        str(count): granian("tests.benchmarks.uncached:app", BENCH_AT_WORK=str(count), **site.settings)
        for count in CANDIDATES
    }
    print("\nThe home page rendered every time, answers a second by requests worked on at once")
    results = rates(servers, "/")
    best = max(results.values())
    for name, result in results.items():
        print(f"  {name:>3} at once {result:9,.0f}   {result / best:5.2f} of the best", flush=True)
    plain: dict[str, Server] = {
        f"{count} threads": granian(
            "tests.benchmarks.bare:function", "--blocking-threads", count, BENCH_PAGE=str(site.page)
        )
        for count in ("1", "4", "64")
    }
    print("\nThe bare WSGI function by Granian's threads")
    for name, result in rates(plain, HUB).items():
        print(f"  {name:12} {result:9,.0f}", flush=True)
