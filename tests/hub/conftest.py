"""The hub with the content a new site begins with, and ways to look at what it answers."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.coaching import content as coaching
from app.enrollment import content as enrollment
from app.extensions import db
from app.hub import content
from app.newsletter import content as newsletter
from app.publishing import ContentVersion

STARTER = Path(content.__file__).parent.parent / "starter"
KINDS = ("hubs", "articles", "videos", "links", "questions", "pages")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the starter content to change."""
    for kind in KINDS:
        shutil.copytree(STARTER / kind, tmp_path / kind)
    return tmp_path


@pytest.fixture
def take_in(app: Flask) -> Callable[[Path], None]:
    """Imports a folder and commits, as the commands do, leaving nothing loaded."""

    def import_and_commit(folder: Path) -> None:
        content.import_from(folder)
        db.session.commit()
        db.session.expunge_all()

    return import_and_commit


@pytest.fixture
def starter(take_in: Callable[[Path], None]) -> None:
    take_in(STARTER)


@pytest.fixture
def whole_site(starter: None) -> None:
    """The starter content of every part of the site, so that every link leads somewhere."""
    for part in (coaching, enrollment, newsletter):
        part.import_from(STARTER)
    db.session.commit()
    db.session.expunge_all()


def version() -> int:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(ContentVersion, 1).number


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "content_version" not in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


class Seen(HTMLParser):
    """What a reader, a screen reader and a search engine get out of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: list[dict[str, str | None]] = []
        self.metas: dict[str, str] = {}
        self.canonical = ""
        self.texts: list[str] = []
        self._open: list[str] = []
        self._words: list[str] = []
        self._href = ""
        self.structured: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.attributes |= values.keys()
        if found := values.get("id"):
            self.ids.append(found)
        if tag == "meta" and (name := values.get("name") or values.get("property")):
            self.metas[name] = values.get("content") or ""
        if tag == "link" and values.get("rel") == "canonical":
            self.canonical = values["href"] or ""
        if tag == "script":
            self.scripts.append(values)
        if tag in ("a", "h1", "h2", "h3", "script"):
            self._open.append(tag)
            if tag != "script":
                self._words = []
            if tag == "a":
                self._href = values.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("a", "h1", "h2", "h3", "script") or tag not in self._open:
            return
        self._open.remove(tag)
        words = " ".join("".join(self._words).split())
        if tag == "a":
            self.links.append((words, self._href))
        elif tag != "script":
            self.headings.append(words)

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.structured.append(data)
            return
        self.texts.append(data)
        self._words.append(data)
