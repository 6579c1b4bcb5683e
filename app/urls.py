"""Absolute links, built from SITE_URL and never from what a request claims its host is."""

from typing import Any

from flask import current_app, url_for


def absolute_url(endpoint: str, **values: Any) -> str:
    """The full address of a page of this site, good in a mail, a feed or a header."""
    return absolute(url_for(endpoint, _external=False, **values))


def absolute(path: str) -> str:
    """`path` of this site (it begins with a slash) as a full address."""
    return f"{current_app.config['SITE_URL']}{path}"
