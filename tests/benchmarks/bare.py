"""A bare WSGI function, and a Flask view, that return the bytes of a file."""

import os
from pathlib import Path

from flask import Flask, Response

BODY = Path(os.environ["BENCH_PAGE"]).read_bytes()
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BODY)))]


def function(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]


flask = Flask(__name__)


@flask.get("/<path:path>")
def view(path):
    return Response(BODY, mimetype="text/html")
