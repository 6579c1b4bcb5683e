"""A form that comes back with something to mend says so first in the page's title, which screen readers read first."""

from flask import Flask, Response

REFUSED = frozenset({409, 422})


def mark(response: Response) -> Response:
    if response.status_code in REFUSED and response.mimetype == "text/html":
        response.set_data(response.get_data().replace(b"<title>", b"<title>Error: ", 1))
    return response


def init_app(app: Flask) -> None:
    app.after_request(mark)
