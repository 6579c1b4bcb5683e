"""Whether a link leads to a page of this very site: asked of the site itself, without the network."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.publishing import ASKED_BY_THE_SITE


def path_of(url: str) -> str | None:
    """The path of a link into this site; None when it leads elsewhere."""
    ours, parts = urlsplit(current_app.config["SITE_URL"]), urlsplit(url)
    return (parts.path or "/") if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc) else None


def is_personal(path: str) -> bool:
    """Whether the link carries a token: then it is somebody's own."""
    try:
        _, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return "token" in values


def is_there(path: str) -> bool:
    """Whether a visitor finds a page at `path`, as it is in the database now."""
    # In a context of its own, so that it meets neither the visitor nor the transaction of the page that asks.
    with current_app.app_context():
        site = current_app.config["SITE_URL"]
        answer = current_app.test_client().get(path, base_url=site, environ_overrides={ASKED_BY_THE_SITE: True})
    return answer.status_code < 400 or answer.status_code == 503  # A site that is busy says so of every page.
