"""The stored hub page beside a bare WSGI function that returns the same bytes, and nginx that sends a file."""

from tests.benchmarks.site import HUB, BenchSite
from tests.benchmarks.tools import Server, granian, nginx, rates


def compare(site: BenchSite) -> None:
    body = site.save_page()
    same = {"BENCH_PAGE": str(site.page)}
    servers: dict[str, Server] = {
        "nginx, the page as a file": nginx(site.files),
        "bare WSGI function": granian("tests.benchmarks.bare:function", **same),
        "the site's stored hub": granian("wsgi:app", **site.settings),
        "Flask view of ready bytes": granian("tests.benchmarks.bare:flask", **same),
    }
    path = f"{HUB}/index.html"
    print(f"\nThe hub page ({len(body) / 1000:.0f} kB), answers a second, one process each, median of several rounds")
    results = rates({name: server for name, server in servers.items() if "nginx" not in name}, HUB)
    results |= rates({name: server for name, server in servers.items() if "nginx" in name}, path)
    bare = results["bare WSGI function"]
    for name in servers:
        print(f"  {name:28} {results[name]:9,.0f}   {results[name] / bare:5.2f} of bare WSGI")
    packed = rates({"br": servers["the site's stored hub"]}, HUB, "Accept-Encoding: gzip, deflate, br, zstd")["br"]
    print(f"  {'the same as browsers ask, br':28} {packed:9,.0f}   {packed / bare:5.2f} of bare WSGI", flush=True)
