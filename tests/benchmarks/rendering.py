"""A page that is not stored: how long it takes and how many queries, also with ten times the content."""

import time
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import event

from app.extensions import Model, db
from app.hub.gathering import Hub
from app.hub.models import Article, ExternalLink, Question, Video
from tests.benchmarks.site import HUB, BenchSite

PAGES = ["/", HUB, "/articles/", "/guide", "/coaching/", "/course/", "/newsletter/", "/feed.atom", "/sitemap.xml"]
TIMES = 15


def measure(site: BenchSite) -> None:
    site.app.extensions["page_cache"]._keeps = False
    visitor = site.app.test_client()
    print("\nPages that are not stored: ms to render (median) and queries, and with ten times the content")
    first = {path: _cost(site, visitor, path) for path in PAGES}
    with site.app.app_context():
        _multiply(10)
    for path in PAGES:
        (ms, queries), (ms_ten, queries_ten) = first[path], _cost(site, visitor, path)
        print(
            f"  {path:28} {ms:6.1f} ms {queries:3} queries   x10: {ms_ten:6.1f} ms {queries_ten:3} queries", flush=True
        )


def _cost(site: BenchSite, visitor: FlaskClient, path: str) -> tuple[float, int]:
    """Milliseconds and queries of one rendering, compressed as a browser asks."""
    asked: list[str] = []
    with site.app.app_context():
        engine = db.engine
    visitor.get(path)

    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        visitor.get(path, headers={"Accept-Encoding": "br"})
        took.append((time.perf_counter() - begun) * 1000)
    event.remove(engine, "before_cursor_execute", count)
    return median(took), round(len(asked) / TIMES)


def _multiply(times: int) -> None:
    """Copy every piece so that there are `times` as many, and gather the copies in the hub."""
    hub = Hub.at(HUB.rpartition("/")[2])
    for kind, gathered in (
        (Article, hub.articles),
        (Video, hub.videos),
        (ExternalLink, hub.links),
        (Question, hub.questions),
    ):
        for piece in list(db.session.scalars(db.select(kind))):
            gathered.extend(_copy(piece, number) for number in range(1, times))
    db.session.commit()
    db.session.expunge_all()


def _copy(piece: Model, number: int) -> Model:
    columns = {column.key: getattr(piece, column.key) for column in type(piece).__mapper__.column_attrs}
    del columns["id"]
    return type(piece)(**columns | {"slug": f"{piece.slug}-{number}"})
