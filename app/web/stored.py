"""An answer kept as bytes, in every form a browser may ask for: plain, gzip and Brotli, each with its own ETag."""

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli

Headers = list[tuple[str, str]]

# Below this many bytes a compressed form saves nothing that anybody would notice.
WORTH_COMPRESSING = 400
COMPRESSIBLE = re.compile(r"text/|image/svg\+xml|application/(json|javascript|xml|[\w.-]+\+(json|xml))\b")
# Answers to a 304 repeat what a cache may have to know (RFC 9110 §15.4.5), not what describes the body.
ABOUT_THE_BODY = frozenset({"content-length", "content-type", "content-encoding", "content-language"})


class Form(NamedTuple):
    """One way of putting the bytes: what is sent for 200, and the headers of a 304."""

    etag: str
    body: list[bytes]
    headers: Headers
    headers_unchanged: Headers


class StoredAnswer:
    """A 200 that is the same for everybody."""

    __slots__ = ("_forms", "size")

    def __init__(self, headers: Headers, body: bytes, *, cache_control: str, brotli_quality: int) -> None:
        """`headers` are the answer's own; length, ETag, Vary and Cache-Control are added. Quality is 0 to 11."""
        bodies = _bodies(headers, body, brotli_quality)
        digest = sha256(body).hexdigest()[:20]
        shared = [*headers, ("Cache-Control", cache_control)]
        if len(bodies) > 1:
            shared.append(("Vary", "Accept-Encoding"))
        forms = {coding: _form(shared, digest, coding, body) for coding, body in bodies.items()}
        self._forms = {coding: forms.get(coding, forms["identity"]) for coding in ("br", "gzip", "identity")}
        self.size = sum(map(len, bodies.values()))

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer a GET or HEAD. A list, because Granian sends one without going through an iterator."""
        form = self._forms[coding_for(environ.get("HTTP_ACCEPT_ENCODING", "")[:200])]
        if "HTTP_IF_NONE_MATCH" in environ and names(environ["HTTP_IF_NONE_MATCH"], form.etag):
            start_response("304 Not Modified", form.headers_unchanged)
            return []
        start_response("200 OK", form.headers)
        return form.body if environ["REQUEST_METHOD"] == "GET" else []


@lru_cache(maxsize=256)
def coding_for(accept_encoding: str) -> str:
    """The best coding a client takes (RFC 9110 §12.5.3): "br", "gzip" or "identity"."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = _weight(parameter)
    # Brotli where both are as welcome: max keeps the first of equals.
    best = max(("br", "gzip"), key=lambda coding: weights.get(coding, weights.get("*", 0.0)))
    return best if weights.get(best, weights.get("*", 0.0)) > 0 else "identity"


def names(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match names this ETag, compared weakly, as RFC 9110 §13.1.2 has it."""
    if if_none_match == etag or if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _bodies(headers: Headers, body: bytes, brotli_quality: int) -> dict[str, bytes]:
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    if len(body) < WORTH_COMPRESSING or not COMPRESSIBLE.match(content_type):
        return {"identity": body}
    # No time in the gzip header: every process has to make the same bytes.
    packed = {"br": brotli.compress(body, quality=brotli_quality), "gzip": gzip.compress(body, 6, mtime=0)}
    return {"identity": body} | {coding: bytes_ for coding, bytes_ in packed.items() if len(bytes_) < len(body)}


def _form(shared: Headers, digest: str, coding: str, body: bytes) -> Form:
    etag = f'"{digest}"' if coding == "identity" else f'"{digest}-{coding}"'
    headers = [*shared, ("ETag", etag), ("Content-Length", str(len(body)))]
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    return Form(etag, [body], headers, [header for header in headers if header[0].lower() not in ABOUT_THE_BODY])
