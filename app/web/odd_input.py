"""Turns away what no form of ours sends, before a view or the database has to deal with it."""

from typing import Any

from flask import Flask, abort, current_app, request

from app.extensions import SAFE_METHODS
from app.publishing import refuse_files

AROUND_A_FILE = 64 * 1024
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def refuse_odd_input() -> None:
    """Refuse too large a body, too many fields, files nobody asked for, and NUL, which PostgreSQL cannot hold."""
    view = current_app.view_functions.get(request.endpoint or "")
    if takes_file := getattr(view, "largest_file", 0):
        request.max_content_length = takes_file + AROUND_A_FILE
    if (request.content_length or 0) > (request.max_content_length or 0):
        abort(413)
    if "\0" in request.path or any("\0" in text for pair in request.args.items(multi=True) for text in pair):
        abort(400)
    if request.mimetype in FORM_TYPES:
        if not takes_file:  # Its view reads it, once it knows who sends it.
            _look_through_form()
    elif request.mimetype and not _is_for_machines(view):
        # Forms would read JSON as well, past the limits and checks that look at what a browser sends.
        abort(415)


def _is_for_machines(view: Any) -> bool:
    return request.method in SAFE_METHODS or getattr(view, "cross_origin_exempt", False)


def _look_through_form() -> None:
    # Reading the form refuses one that is too large, also when its length was not told beforehand.
    fields = list(request.form.items(multi=True))
    if len(fields) > current_app.config["MAX_FORM_PARTS"]:
        abort(413)
    if any("\0" in text for field in fields for text in field):
        abort(400)
    refuse_files()


def init_app(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_odd_input)
