"""What every answer tells the browser it may do with it."""

from typing import Any

from flask import Flask, Response, current_app, request

from app.config import STRIPE_API
from app.publishing import PUBLIC_PAGE

VIDEOS = "https://www.youtube-nocookie.com"
CHECKOUT = "https://checkout.stripe.com"
A_YEAR = 365 * 24 * 3600

NOTHING_MORE = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    # Not no-referrer: with that, browsers too old for Sec-Fetch-Site would send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def of_a_file(content_type: str) -> list[tuple[str, str]]:
    """The headers of a static file. Pictures may be shown elsewhere: in web mail, on a page that links here."""
    is_picture = content_type.startswith("image/")
    return [
        ("Cross-Origin-Resource-Policy", "cross-origin" if is_picture else "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        # An SVG opened by itself is a document that could run script.
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ]


def content_security_policy(config: dict[str, Any], *, frames: str = VIDEOS) -> str:
    """What a page may load and where its forms may go. `frames` is whose pages it may show inside itself."""
    sources = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "media-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "frame-src": frames,
        # Chromium holds the redirects of a form to this too, and paying is a redirect to Stripe's page.
        "form-action": f"'self' {CHECKOUT} {_stand_in(config)}".strip(),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())


def _stand_in(config: dict[str, Any]) -> str:
    base: str = config["STRIPE_API_BASE"]
    return "" if base == STRIPE_API else base


def add_headers(response: Response) -> Response:
    """Add what the view did not say itself. A page that is not public is kept by nobody."""
    for name, value in current_app.extensions["security_headers"].items():
        response.headers.setdefault(name, value)
    if request.blueprint == "studio":  # It shows e-mails in a frame, from an address that sandboxes them.
        policy = content_security_policy(current_app.config, frames=f"'self' {VIDEOS}")
    else:
        policy = current_app.extensions["content_security_policy"]
    response.headers.setdefault("Content-Security-Policy", policy)
    if not request.environ.get(PUBLIC_PAGE):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def init_app(app: Flask) -> None:
    headers = dict(NOTHING_MORE)
    if app.config["SITE_URL"].startswith("https:"):
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    app.extensions["security_headers"] = headers
    app.extensions["content_security_policy"] = content_security_policy(app.config)
    app.after_request(add_headers)
