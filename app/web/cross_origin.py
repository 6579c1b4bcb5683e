"""Refuses what another site makes a browser send here: the guard of forms that carry no token.

The rules are those of Go's http.CrossOriginProtection. They ask for nothing that a cached page could not have.
"""

from urllib.parse import urlsplit

from flask import Flask, Request, abort, current_app, request

from app.extensions import SAFE_METHODS

REFUSAL = (
    "It was sent from a page of another website, so nothing was done. If you meant to do this, "
    "open the page on our own site and send it from there."
)


def comes_from_elsewhere(request: Request, site_url: str) -> bool:
    """Whether a browser says that another site caused this request. What sends neither header is no browser."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    if origin := request.headers.get("Origin"):
        return origin != site_url and _host_of(origin) != request.host
    return False


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def refuse_cross_origin() -> None:
    if request.method in SAFE_METHODS or not comes_from_elsewhere(request, current_app.config["SITE_URL"]):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "cross_origin_exempt", False):
        abort(403, REFUSAL)


def init_app(app: Flask) -> None:
    # First of all, before anything is read or looked up for it.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_cross_origin)
