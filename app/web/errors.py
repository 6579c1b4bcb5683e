"""Pages for what went wrong: what it was, what to do, and a number to mention. They need nothing of the database."""

import logging
from typing import NamedTuple

from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import BadRequest, HTTPException, SecurityError, ServiceUnavailable, TooManyRequests

from app.extensions import SAFE_METHODS, db, limiter
from app.limits import network, used_up_for, wait_in_words
from app.web.logging import request_id

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 5
WORTH_TRYING_AGAIN = frozenset({429, 503})


class Words(NamedTuple):
    title: str
    what_to_do: str


WORDS = {
    400: Words(
        "We could not read that",
        "Something in it was incomplete or garbled. Go back, load the page again, and try once more.",
    ),
    401: Words("Please sign in", "This page belongs to somebody. Sign in first, then open it again."),
    403: Words("That is not open to you", "If you think it should be, sign in, or write to us."),
    404: Words("There is no such page", "It may have moved, or the address has a slip in it. Try the search."),
    405: Words("That cannot be done here", "Go back to the page you came from and use its buttons."),
    408: Words("That took too long", "Your connection may be slow. Please try once more."),
    409: Words("Somebody was faster", "What you asked for has changed meanwhile. Go back and choose again."),
    410: Words(
        "This is no longer here", "The link has done its work or is too old. Ask for a new one where you got it."
    ),
    413: Words("That was too much at once", "Shorten what you typed, or send a smaller file, and try again."),
    414: Words("That address is too long", "Check the link, or start from the front page."),
    415: Words(
        "We cannot read that kind of file", "Send the form from our own page, or a file of the kind it asks for."
    ),
    429: Words("That was a little too often", "Please try again in a minute."),
    500: Words(
        "Something broke on our side", "It is not your fault, and we have a note of it. Please try again later."
    ),
    503: Words("We cannot do that just now", "Please try again in a minute."),
}
# The database may have kept it, and only the word that it did was lost.
PERHAPS_NOT_SAVED = "What you sent may not have been saved. Please try again in a minute."
FORM_EXPIRED = Words(
    "This form is no longer good",
    "It was open for a long time, or you signed in or out meanwhile. Go back, load the page again, and send it anew.",
)


def show_error(error: HTTPException) -> ResponseReturnValue:
    """The page for an HTTP error. A view's own abort(status, "What to do.") is shown in its own words."""
    if error.response is not None:
        return error.response
    if isinstance(error, SecurityError):  # An unknown host: no links can be made for it.
        return plain_page(400, _words(error, 400))
    status = error.code or 500
    response = error_page(status, _words(error, status))
    for name, value in error.get_headers(request.environ):
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    if isinstance(error, TooManyRequests) and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(_seconds_until_allowed())
    return response


def error_page(status: int, words: Words) -> Response:
    """A page that stands on its own feet: if the template fails too, plain HTML says the same."""
    try:
        body = render_template(
            "errors/error.html", status=status, **words._asdict(), request_id=request_id(), typed=_typed(status)
        )
    except Exception:
        log.exception("the error page could not be rendered")
        return plain_page(status, words)
    return make_response(body, status)


def _typed(status: int) -> list[tuple[str, str]]:
    """What was in the form, where sending the very same again may go well."""
    return list(request.form.items(multi=True)) if status in WORTH_TRYING_AGAIN and request.method == "POST" else []


def plain_page(status: int, words: Words) -> Response:
    title, what_to_do = escape(words.title), escape(words.what_to_do)
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<h1>{title}</h1><p>{what_to_do}</p><p><a href="/">Go to the front page</a></p><p>{request_id()}</p>'
    )
    return make_response(body, status)


def _words(error: HTTPException, status: int) -> Words:
    if isinstance(error, CSRFError):
        return FORM_EXPIRED
    standard = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    if status == 503 and request.method not in SAFE_METHODS:
        return Words(standard.title, PERHAPS_NOT_SAVED)
    if status >= 500 and (own := _own_words()):
        return Words(standard.title, own)
    if status == 429:
        return _too_often(f"Please try again {wait_in_words(_seconds_until_allowed())}")
    if status < 500 and error.description and error.description != type(error).description:
        return Words(standard.title, error.description)
    return standard


def _own_words() -> str:
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, "words_when_it_fails", ""))


def _too_often(again: str) -> Words:
    limit = limiter.current_limit
    if limit and network() in limit.request_args:  # Whoever is stopped may not have done it.
        again = f"It came from your network, which you may share with others. {again}, or from another network"
    return Words(WORDS[429].title, f"{again}.")


def _seconds_until_allowed() -> int:
    limit = limiter.current_limit
    return used_up_for(limit.limit, *limit.request_args) if limit else 60


def database_away(error: Exception) -> ResponseReturnValue:
    """Locked, full, restarting, or out of connections: it passes, so the visitor is told to come back."""
    _let_go()
    log.error("the database did not answer: %s", error, exc_info=error)
    return _come_back_later(ServiceUnavailable())


def value_does_not_fit(error: Exception) -> ResponseReturnValue:
    """A number too large or a character no column holds: the sender's doing, like any other bad input."""
    _let_go()
    log.warning("a value was refused by the database: %s", error)
    return show_error(BadRequest())


def number_too_large(error: OverflowError) -> ResponseReturnValue:
    """SQLite's driver refuses whole numbers beyond 64 bits with Python's own error."""
    if "SQLite" not in str(error):
        raise error
    return value_does_not_fit(error)


def _let_go() -> None:
    try:
        db.session.rollback()
    except Exception:
        log.warning("could not roll back", exc_info=True)


def _end(_: BaseException | None) -> None:
    """End the session, even where the database is away: what was committed is, and the answer is ready."""
    try:
        db.session.close()
    except Exception:
        log.warning("could not end the session", exc_info=True)


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_error)
    app.register_error_handler(ServiceUnavailable, _come_back_later)
    app.teardown_appcontext(_end)
    for error in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(error, database_away)
    app.register_error_handler(DataError, value_does_not_fit)
    app.register_error_handler(OverflowError, number_too_large)


def _come_back_later(error: ServiceUnavailable) -> ResponseReturnValue:
    response = make_response(show_error(error))
    response.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    return response
