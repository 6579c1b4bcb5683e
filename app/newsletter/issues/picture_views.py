from flask import Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import undefer

from app.extensions import db
from app.newsletter.issues.pictures import Picture
from app.newsletter.views import bp
from app.publishing import knows_no_visitor

# Web mail shows it from elsewhere. Opened by itself, a picture is no document that could do anything.
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@bp.get("/pictures/<name>")
@knows_no_visitor
def show_picture(name: str) -> ResponseReturnValue:
    """A cover. It is named after what is in it, so that what was fetched once is good for ever."""
    picture = db.session.get(Picture, name, options=[undefer(Picture.data)]) or abort(404)
    return Response(picture.data, content_type=picture.content_type, headers=HEADERS)
