"""Following a link of an issue."""

import logging
from contextlib import suppress

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db, limiter, write_on_get
from app.limits import network
from app.newsletter.reading.clicks import Click, IssueLink
from app.newsletter.views import bp
from app.publishing import knows_no_visitor

log = logging.getLogger(__name__)

# Beyond these one is led on all the same, uncounted: no robot fills the table, whose rows are gone after minutes. Far
# more than the readers of one hospital click in a minute, and than all do.
PER_NETWORK, IN_ALL = "600/minute", "12000/minute"


@bp.get("/clicks/<token>")
@knows_no_visitor
def follow_link(token: str) -> ResponseReturnValue:
    """Lead on to where a link of an issue leads, and count it.

    A GET of this site changes nothing of consequence. This one adds to a number that nothing hangs on: a robot that
    follows it does no harm, and a reader who does could not be asked to press a button first.
    """
    link = IssueLink.from_token(token) or abort(404)
    url = link.url
    if request.method == "GET" and not _is_only_looked_ahead():
        with suppress(RateLimitExceeded):
            _note(link)
    answer = redirect(url, 302)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _is_only_looked_ahead() -> bool:
    """Whether a browser fetches the page in case its user wants it."""
    asked_for = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return any("prefetch" in purpose.lower() or "preview" in purpose.lower() for purpose in asked_for)


@limiter.shared_limit(lambda: PER_NETWORK, scope="clicks:network", key_func=network)
@limiter.shared_limit(lambda: IN_ALL, scope="clicks:all", key_func=lambda: "all")
def _note(link: IssueLink) -> None:
    write_on_get()
    try:
        Click.note(link, network(), request.user_agent.string)
        db.session.commit()
    except SQLAlchemyError as problem:
        db.session.rollback()
        log.warning("a click was not counted: %s", problem)
