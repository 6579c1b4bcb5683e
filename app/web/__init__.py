"""What stands between the site and the network: page cache, files, headers, cross-site guard, errors, health, logs."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.web import (
    assets,
    compressing,
    cross_origin,
    error_titles,
    errors,
    health,
    logging,
    odd_input,
    page_cache,
    security_headers,
    templating,
    visitors,
)


def stand_in_front_of(app: Flask) -> None:
    """Put everything of this room around `app`."""
    visitors.init_app(app)
    assets.init_app(app)
    templating.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    security_headers.init_app(app)
    odd_input.init_app(app)
    cross_origin.init_app(app)
    compressing.init_app(app)
    error_titles.init_app(app)  # What is asked last acts first: before the page is compressed.
    logging.init_app(app)
    page_cache.init_app(app)
    if hops := app.config["TRUSTED_PROXIES"]:
        # Around the page cache too, which looks at the host. Exactly as many hops as there are proxies: anybody can
        # send these headers, and only what our own proxies added at their end is true.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
