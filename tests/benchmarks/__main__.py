from tempfile import TemporaryDirectory

from tests.benchmarks import (
    free_times,
    freezing,
    importing,
    pages,
    process,
    rendering,
    sending,
    studio_pages,
    tools,
    webhooks,
    work,
)
from tests.benchmarks.site import BenchSite


def main() -> None:
    tools.need("nginx", "wrk", "smtp-sink")
    with TemporaryDirectory(prefix="bench-") as folder:
        site = BenchSite(folder)
        pages.compare(site)
        rendering.measure(site)
        work.compare(site)
        process.measure(site)
    sending.compare()
    freezing.measure()
    importing.compare()
    studio_pages.compare()
    free_times.compare()
    webhooks.compare()


if __name__ == "__main__":
    main()
