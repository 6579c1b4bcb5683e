"""A mail that is being written, shown as it will look, in a frame without rights."""

import re

from flask import Response

from app.studio.outbox_views import OF_A_MAIL

_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
HEADERS = {"Content-Security-Policy": OF_A_MAIL}


def shown(subject: str, text: str, html: str, view: str | None) -> Response:
    """The mail as `view` has it: "dark", "text", or else in the light."""
    if view == "text":
        return plain(f"Subject: {subject}\n\n{text}")
    # Whatever the owner's own system prefers: the mail's own rules for the dark hold in the dark one only.
    return Response(_DARK.sub("@media all" if view == "dark" else "@media not all", html), headers=HEADERS)


def plain(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8", headers=HEADERS)
