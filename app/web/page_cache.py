"""Answers a public page from stored bytes: rendered once, then sent to everybody until content changes.

A page is stored under its path alone. That is safe because a view marked @public_page reads nothing of the visitor:
whatever cookies, query string or headers a request carries, the page would come out the same. A page rendered for a
request *with* a query string is not stored all the same, so that no slip in a view can give one visitor's words to
another.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, NoReturn
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.sansio.utils import host_is_trusted

from app.publishing import PUBLIC_PAGE, STREAMED, content_committed
from app.web.assets import PREFIX, Assets
from app.web.content_watch import ContentWatch
from app.web.slow_clients import SlowClients
from app.web.stored import Headers, StoredAnswer

# A browser or a CDN shows a page that is at most a minute old: ten seconds without asking, fifty more while it asks
# in the background. Asking costs little (most answers are a 304). Should the site be down, a day-old page is better
# than none.
CACHE_CONTROL = "public, max-age=10, stale-while-revalidate=50, stale-if-error=86400"
MAX_PAGES = 1000
MAX_BYTES = 12 * 1024 * 1024
BROTLI_QUALITY = 5  # 1.5 ms for a hub page; 11 would take 25 ms to save a seventh.
READS = frozenset({"GET", "HEAD"})
OF_ONE_ANSWER = frozenset({"content-length", "x-request-id", "cache-control", "vary", "date"})


class Shelf(dict[str, StoredAnswer]):
    """Stored pages by path. Only pages that exist get here; the bounds are for a very large site. Oldest go first."""

    def __init__(self) -> None:
        super().__init__()
        self._size = 0
        self._lock = threading.Lock()

    def keep(self, path: str, page: StoredAnswer) -> None:
        with self._lock:
            self._discard(path)
            self[path] = page
            self._size += page.size
            while self._size > MAX_BYTES or len(self) > MAX_PAGES:
                self._discard(next(iter(self)))

    def drop(self, path: str) -> None:
        with self._lock:
            self._discard(path)

    def _discard(self, path: str) -> None:
        if page := self.pop(path, None):
            self._size -= page.size


class Heard:
    """Stands in for the server's start_response: hears what the app wants to say."""

    status = ""
    headers: Headers
    exc_info: Any = None

    def __call__(self, status: str, headers: Headers, exc_info: Any = None, /) -> Callable[[bytes], object]:
        self.status, self.headers, self.exc_info = status, headers, exc_info
        return _cannot_write


def _cannot_write(_: bytes) -> NoReturn:
    raise NotImplementedError("Flask returns what it writes")


class PageCache:
    """A thin layer in front of Flask."""

    def __init__(self, app: Flask, inner: WSGIApplication, assets: Assets) -> None:
        self._inner = inner
        self._assets = assets
        self._keeps = not app.debug  # Who works on templates wants to see them.
        self._shelf = Shelf()
        self._last_good = Shelf()
        self._trusted_hosts: list[str] = app.config["TRUSTED_HOSTS"]
        port = app.config["PORT"]
        self._usual_hosts = {app.config["SERVER_NAME"], f"localhost:{port}", f"127.0.0.1:{port}"}
        self.watch = ContentWatch(app, self.forget)
        content_committed.connect(self._on_change)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # A hub page takes this path tens of thousands of times a second: one look-up, nothing parsed twice.
        page = self._shelf.get(environ["PATH_INFO"])
        if page and environ["REQUEST_METHOD"] in READS and self._is_ours(environ.get("HTTP_HOST")):
            return page.answer(environ, start_response)
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._answer_file(environ, start_response)
        return self._answer_page(environ, start_response)

    def forget(self) -> None:
        """Render every page anew from now on.

        The shelf is replaced, not emptied: what is being rendered from the old content at this moment goes to the
        old shelf, where nobody finds it.
        """
        self._shelf = Shelf()

    def forget_all(self) -> None:
        """Forget even what is kept for when rendering fails."""
        self.forget()
        self._last_good = Shelf()

    def _on_change(self, _: object) -> None:
        self.forget()

    def _is_ours(self, host: str | None) -> bool:
        # Flask refuses every other host. A stored page must not be more hospitable.
        return host in self._usual_hosts or (host is not None and host_is_trusted(host, self._trusted_hosts))

    def _answer_file(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = _decoded(environ["PATH_INFO"]).removeprefix(PREFIX)
        if environ["REQUEST_METHOD"] not in READS:
            return self._inner(environ, start_response)
        if file := self._assets.find(path):
            return file.answer(environ, start_response)
        if plain := self._assets.path_without_hash(path):
            location = self._assets.url(plain)
            start_response(
                "302 Found", [("Location", location), ("Cache-Control", "no-store"), ("Content-Length", "0")]
            )
            return []
        return self._inner(environ, start_response)

    def _answer_page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.watch.start()
        shelf, path, heard = self._shelf, environ["PATH_INFO"], Heard()
        body = self._inner(environ, heard)
        if environ.get(PUBLIC_PAGE) and environ["REQUEST_METHOD"] == "GET":
            page = _stored(heard.headers, body)
            if self._may_keep(environ, heard.headers):
                shelf.keep(path, page)
                self._last_good.keep(path, page)
            return page.answer(environ, start_response)
        if heard.status >= "500" and environ["REQUEST_METHOD"] in READS and (kept := self._last_good.get(path)):
            _close(body)
            return kept.answer(environ, start_response)
        if heard.status.startswith(("404", "410")):
            self._last_good.drop(path)
        start_response(heard.status, heard.headers, heard.exc_info)
        return body if environ.get(STREAMED) else _at_once(heard.headers, body)

    def _may_keep(self, environ: WSGIEnvironment, headers: Headers) -> bool:
        has_cookie = any(name.lower() == "set-cookie" for name, _ in headers)
        # Werkzeug takes "//page", "///page" and so on for "/page": each would be stored apart.
        is_odd = environ["PATH_INFO"].startswith("//")
        return self._keeps and not environ.get("QUERY_STRING") and not has_cookie and not is_odd


def _stored(headers: Headers, body: Iterable[bytes]) -> StoredAnswer:
    try:
        whole = b"".join(body)
    finally:
        _close(body)
    kept = [header for header in headers if header[0].lower() not in OF_ONE_ANSWER]
    return StoredAnswer(kept, whole, cache_control=CACHE_CONTROL, brotli_quality=BROTLI_QUALITY)


def _at_once(headers: Headers, body: Iterable[bytes]) -> Iterable[bytes]:
    """A body of known length as a list, which Granian sends by itself: no thread waits for a slow reader."""
    if any(name.lower() == "content-length" for name, _ in headers):
        try:
            return [b"".join(body)]
        finally:
            _close(body)
    return body


def _close(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()


def _decoded(path: str) -> str:
    """WSGI hands over the bytes of a path as Latin-1."""
    return path.encode("latin-1").decode("utf-8", "replace")


def init_app(app: Flask) -> None:
    cache = PageCache(app, SlowClients(app, app.wsgi_app), app.extensions["assets"])
    app.extensions["page_cache"] = cache
    app.wsgi_app = cache  # type: ignore[method-assign]
