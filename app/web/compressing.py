"""Makes pages smaller that are made anew for each visitor, where a view says that this gives nothing away."""

import gzip

import brotli
from flask import Flask, Response, current_app, request

from app.web.stored import WORTH_COMPRESSING, coding_for

# 2 ms for a page of 100 kB; a higher quality takes longer than it saves.
BROTLI_QUALITY = 4


def compress(response: Response) -> Response:
    """Compress a page of a view that @holds_no_secret or @echoes_nothing, in the coding the browser likes best."""
    view = current_app.view_functions.get(request.endpoint or "")
    may_be = getattr(view, "holds_no_secret", False) or getattr(view, "echoes_nothing", False)
    if not may_be or response.mimetype != "text/html":
        return response
    response.vary.add("Accept-Encoding")
    body, coding = response.get_data(), coding_for(request.headers.get("Accept-Encoding", "")[:200])
    if coding != "identity" and len(body) >= WORTH_COMPRESSING:
        response.set_data(brotli.compress(body, quality=BROTLI_QUALITY) if coding == "br" else gzip.compress(body, 5))
        response.content_encoding = coding
    return response


def init_app(app: Flask) -> None:
    app.after_request(compress)
