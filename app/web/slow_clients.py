"""Keeps slow or stalled senders from holding up everybody else.

Granian hands a request over as soon as its headers are there. Reading the body then waits for the sender, on a thread,
and has no time-out (its issue 728); nor may the wait be given up, which would stall the whole process. A few
connections that never send what they announced would take every thread: an attack known as R.U.D.Y. Therefore there
are more threads than Python can make use of (WEB_THREADS), of which only so many may wait for bodies; and of the
requests that are complete only so many are worked on at once. A proxy that buffers what it receives does better still.
"""

import logging
import threading
from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

log = logging.getLogger(__name__)
# Of the home page rendered every time, `make bench` counted 186 a second with one at work, 204 with two, 184 with four,
# 162 with eight and 138 with sixteen, on two cores. Eight, because some wait for the database meanwhile. Forms have
# turns of their own, and more of them: a buyer's waits for Stripe, and must keep neither readers nor buyers waiting.
AT_WORK_AT_ONCE = 8
FORMS_AT_ONCE = 32
READS = frozenset({"GET", "HEAD"})
WAIT_SECONDS = 10

Refusal = tuple[str, str]
CROWDED = ("503 Service Unavailable", "Too much is being sent at once. Please try again.")
BUSY = ("503 Service Unavailable", "The site is very busy. Please try again.")
CUT_OFF = ("400 Bad Request", "The request was cut off on its way. Nothing was done.")


class SlowClients:
    """A WSGI layer that lets a request through to Flask when it is complete and its turn has come."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._inner = inner
        self._largest: int = app.config["MAX_CONTENT_LENGTH"]
        self._bodies = threading.BoundedSemaphore(max(1, app.config["WEB_THREADS"] * 3 // 4))
        self._reading = threading.BoundedSemaphore(AT_WORK_AT_ONCE)
        self._posting = threading.BoundedSemaphore(FORMS_AT_ONCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if has_body(environ, self._largest) and (refusal := self._receive(environ)):
            return _refuse(start_response, *refusal)
        turns = self._reading if environ["REQUEST_METHOD"] in READS else self._posting
        if not turns.acquire(timeout=WAIT_SECONDS):
            return _refuse(start_response, *BUSY)
        try:
            return self._inner(environ, start_response)
        finally:
            turns.release()

    def _receive(self, environ: WSGIEnvironment) -> Refusal | None:
        """Wait for the body and put it where Flask reads it, with its true length; or why that was not possible."""
        if not self._bodies.acquire(blocking=False):
            return CROWDED
        try:
            body = environ["wsgi.input"].read(self._most(environ))
        finally:
            self._bodies.release()
        if "HTTP_TRANSFER_ENCODING" not in environ and len(body) < int(environ["CONTENT_LENGTH"]):
            return CUT_OFF
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        return None

    def _most(self, environ: WSGIEnvironment) -> int:
        """How much to read. Not every server ends the body where it was announced to end; asked for more, it waits."""
        if "HTTP_TRANSFER_ENCODING" in environ:
            return self._largest + 1  # One byte too many is enough for the app to see that there are too many.
        return int(environ["CONTENT_LENGTH"])


def has_body(environ: WSGIEnvironment, largest: int) -> bool:
    """Whether there is a body worth reading. One announced as too large is refused unread, by the app."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return True
    length = environ.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and 0 < int(length[:20]) <= largest


def _refuse(start_response: StartResponse, status: str, words: str) -> list[bytes]:
    log.warning("refused before it reached the site: %s", words)
    body = f"{words}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, [*headers, ("Cache-Control", "no-store"), ("Retry-After", "5")])
    return [body]
