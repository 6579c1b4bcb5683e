from tempfile import TemporaryDirectory

from tests.benchmarks import importing, pages, process, rendering, subscriber_list, tools, work
from tests.benchmarks.site import BenchSite


def main() -> None:
    tools.need("nginx", "wrk")
    with TemporaryDirectory(prefix="bench-") as folder:
        site = BenchSite(folder)
        pages.compare(site)
        rendering.measure(site)
        work.compare(site)
        process.measure(site)
    importing.compare()
    subscriber_list.compare()


if __name__ == "__main__":
    main()
