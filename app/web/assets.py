"""Static files: addresses that carry a hash of the content, so that a browser asks for each version once, ever."""

import mimetypes
import re
from hashlib import sha256
from pathlib import Path
from posixpath import join, normpath
from typing import NamedTuple, NoReturn

from flask import Flask, abort, current_app

from app.web.security_headers import of_a_file
from app.web.stored import StoredAnswer

PREFIX = "/static/"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"
# Named here, because the machine's own list of types may lack the newer ones.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
HASHED = re.compile(r"([0-9a-f]{12})/(.+)")
LINE_OF_COMMENT = re.compile(rb"^ *//.*\n", re.MULTILINE)
CSS_URL = re.compile(r"""url\((["']?)(?![a-z]+:|/|#)([^"')]+)\1\)""")


class File(NamedTuple):
    """A file as it is served."""

    body: bytes
    hash: str


class Assets:
    """The files under static/, read once for every change of theirs."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._files: dict[str, tuple[int, File]] = {}
        self._answers: dict[tuple[str, str], StoredAnswer] = {}

    def url(self, path: str) -> str:
        """Where `path` is served with its hash. A file that is not there gets the address at which it is missed."""
        file = self._read(path)
        return f"{PREFIX}{file.hash}/{path}" if file else f"{PREFIX}{path}"

    def find(self, path: str) -> StoredAnswer | None:
        """The answer to a request for `path`, which begins behind /static/."""
        if hashed := HASHED.fullmatch(path):
            file = self._read(hashed[2])
            return self._answer(hashed[2], file, FOR_EVER) if file and file.hash == hashed[1] else None
        file = self._read(path)
        return self._answer(path, file, FOR_AN_HOUR) if file else None

    def path_without_hash(self, path: str) -> str | None:
        """The file's own path, when `path` asks for it under a hash of the past, or of a newer process."""
        hashed = HASHED.fullmatch(path)
        return hashed[2] if hashed and self._read(hashed[2]) else None

    def _answer(self, path: str, file: File, lifetime: str) -> StoredAnswer:
        key = (f"{file.hash}/{path}", lifetime)
        if key not in self._answers:
            headers = [("Content-Type", content_type(path)), *of_a_file(content_type(path))]
            self._answers[key] = StoredAnswer(headers, file.body, cache_control=lifetime, brotli_quality=11)
        return self._answers[key]

    def _read(self, path: str) -> File | None:
        # Only a path in its plain spelling, with no hidden part: no "..", no "//", no ".git", no NUL.
        if normpath(path) != path or path.startswith("/") or "/." in f"/{path}" or not path.isprintable():
            return None
        source = self._folder / path
        try:
            changed = source.stat().st_mtime_ns
            kept = self._files.get(path)
            if kept is None or kept[0] != changed:
                body = self._served(path, source.read_bytes())
                kept = self._files[path] = (changed, File(body, sha256(body).hexdigest()[:12]))
        except OSError:
            return None
        return kept[1]

    def _served(self, path: str, body: bytes) -> bytes:
        """A script without its lines of comment, which would weigh a fifth of it; a style sheet with the files it names
        at their hashed addresses, so that a font is not fetched twice.
        """
        if path.endswith(".js"):
            return LINE_OF_COMMENT.sub(b"", body)
        if not path.endswith(".css"):
            return body
        folder = path.rpartition("/")[0]
        return CSS_URL.sub(lambda url: f'url("{self.url(normpath(join(folder, url[2])))}")', body.decode()).encode()


def content_type(path: str) -> str:
    return TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def asset(path: str) -> str:
    """The address of a file under static/, as templates write it."""
    assets: Assets = current_app.extensions["assets"]
    return assets.url(path)


def _no_such_file(filename: str) -> NoReturn:
    abort(404)


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(app.static_folder or "static")
    app.jinja_env.globals["asset"] = asset
    # The page cache answers for every file there is; what gets as far as Flask does not exist.
    app.view_functions["static"] = _no_such_file
