"""One line for every request and event, with the request's id, and without anything personal or secret."""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime

from flask import Flask, Response, current_app, g, has_app_context, has_request_context, request

from app.publishing import ASKED_BY_THE_SITE

log = logging.getLogger(__name__)
ID_KEY = "developing_doctor.request_id"
STARTED_KEY = "developing_doctor.started"

ADDRESS = re.compile(r"([\w.+%-])[\w.+%-]*@([\w-]+\.[\w.-]*\w|localhost)")
# What stands in these paths lets its holder act.
TOKEN_IN_PATH = re.compile(
    r"(/newsletter/(?:confirm|copies|data|my-data|preferences|unsubscribe)/|/sign-in/"
    r"|/learn/calendar/|/course/(?:department|orders|seats)/"
    r"|/coaching/(?:consultations|calendars|waiting/(?:entries|offers))/)[^/\s?\"']+"
)
SECRETS = re.compile(
    r"\b(?:sk|rk|whsec|pk)_[A-Za-z0-9_]{6,}"  # Stripe's keys.
    r"|\bcs_(?:test|live)_\w+"  # Checkout sessions, which open the return page.
    r"|\b[\w-]{2,}\.[\w-]{4,}\.[\w-]{20,}"  # Anything signed the way this site signs.
    r"|://[^/\s:@]+:[^/\s@]+(?=@)"  # A password in an address of a database or a queue.
)
# PostgreSQL repeats whole rows here.
DETAIL = re.compile(r"^(DETAIL: ).*$", re.MULTILINE)


def redact(text: str) -> str:
    """`text` without what logs must not hold: e-mail addresses, tokens, keys, rows."""
    text = TOKEN_IN_PATH.sub(r"\1…", text)
    text = SECRETS.sub("…", text)
    return DETAIL.sub(r"\1…", ADDRESS.sub(r"\1…@\2", text))


def request_id() -> str:
    """The id of the request or of the background task at work; "-" outside both."""
    if has_request_context():
        known: str | None = request.environ.get(ID_KEY)
        return known or request.environ.setdefault(ID_KEY, _new_id())
    return str(g.get("task_id", "-")) if has_app_context() else "-"


def _new_id() -> str:
    # A proxy of ours may have given the request a name already. From anybody else it would be a way into the logs.
    given = request.headers.get("X-Request-Id", "")
    if current_app.config["TRUSTED_PROXIES"] and re.fullmatch(r"[\w-]{8,64}", given, re.ASCII):
        return given
    return uuid.uuid4().hex


class TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = request_id()
        return redact(super().format(record))


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "request_id": request_id(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class Terminal(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever standard error is at the moment, which tests and supervisors change."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _start_timing() -> None:
    request.environ[STARTED_KEY] = time.perf_counter()


def _log_access(response: Response) -> Response:
    took_ms = round((time.perf_counter() - request.environ.get(STARTED_KEY, time.perf_counter())) * 1000, 1)
    response.headers["X-Request-Id"] = request_id()
    path = redact(request.path.encode("unicode_escape").decode())  # A path may hold line breaks.
    fields = {"method": request.method, "path": path, "status": response.status_code, "ms": took_ms}
    level = logging.DEBUG if ASKED_BY_THE_SITE in request.environ else logging.INFO
    log.log(level, "%s %s %d %s ms", *fields.values(), extra={"fields": fields})
    return response


def write_lines(app: Flask) -> None:
    """Send everything that is logged to standard error, as LOG_FORMAT says, in place of an earlier app's lines."""
    handler = Terminal()
    handler.set_name("site")
    handler.setFormatter(JsonLines() if app.config["LOG_FORMAT"] == "json" else TextLines())
    root = logging.getLogger()
    for earlier in [kept for kept in root.handlers if kept.get_name() == "site"]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(app.config["LOG_LEVEL"])
    # At INFO it writes a page about every PDF, and in it the letters of the names.
    logging.getLogger("fontTools").setLevel(logging.WARNING)


def init_app(app: Flask) -> None:
    write_lines(app)
    app.before_request_funcs.setdefault(None, []).insert(0, _start_timing)
    # Registered first, called last, when the status is what the visitor gets.
    app.after_request_funcs.setdefault(None, []).insert(0, _log_access)
