"""The files of a lesson: downloads that can be resumed, and recordings that can be played from anywhere in them."""

import re
from typing import Any

from flask import Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestedRangeNotSatisfiable, ServiceUnavailable

from app.classroom.blueprint import access, bp
from app.classroom.files import CHUNK_BYTES, CourseFile
from app.classroom.lesson_views import A_LESSON, wanted
from app.classroom.streams import Slots, StoredFile, UntilDone
from app.extensions import db
from app.publishing import STREAMED

# Up to here an answer is read at once and takes no thread while it is sent.
SHORT = 2 * CHUNK_BYTES
# One range of bytes. Whoever asks for several at once, in other units, or for one that ends before it begins, gets the
# whole (RFC 9110 §14.1.1, §14.2).
_ONE_RANGE = re.compile(
    r"bytes=(?P<range>(?P<first>\d{1,15})-(?P<last>\d{0,15})|-(?P<suffix>\d{1,15}))", re.IGNORECASE | re.ASCII
)
_HARMLESS = "default-src 'none'; sandbox"


@bp.get(f"{A_LESSON}/files/<name>")
def send_file(module_slug: str, slug: str, name: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    file = CourseFile.named(name) if name in found.lesson.file_names else None
    if file is None:
        abort(404)
    return _answer(file)


def _answer(file: CourseFile) -> Response:
    response = Response(StoredFile(db.engine, file), direct_passthrough=True, content_type=file.content_type)
    response.content_length = file.size
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Content-Security-Policy"] = _HARMLESS
    response.headers["Cache-Control"] = "private, no-cache"  # Kept, but never used without asking whether it may be.
    response.set_etag(file.sha256[:32])
    response.last_modified = file.stored_at
    try:
        response.make_conditional(_asked_of(file), accept_ranges=True, complete_length=file.size)
    except RequestedRangeNotSatisfiable:
        return Response("", 416, {"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"})
    return _sent(response)


def _asked_of(file: CourseFile) -> dict[str, Any]:
    """The request with a range as Werkzeug takes it: one, and counted from the beginning."""
    asked = {name: value for name, value in request.environ.items() if name != "HTTP_RANGE"}
    found = _ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found and not (found["last"] and int(found["last"]) < int(found["first"])):
        last_bytes = int(found["suffix"] or 0)
        asked["HTTP_RANGE"] = f"bytes={max(file.size - last_bytes, 0)}-" if last_bytes else f"bytes={found['range']}"
    return asked


def _sent(response: Response) -> Response:
    """With its body read if that is short, and otherwise as a stream that holds a slot until it ends."""
    if request.method == "HEAD" or response.status_code == 304:
        response.response = []
    elif (response.content_length or 0) <= SHORT:
        response.set_data(b"".join(response.response))  # type: ignore[arg-type]
    else:
        slots, person_id = _slots(), access().person.id
        if not slots.take(person_id):
            raise ServiceUnavailable("Too many files are being sent just now. Please try again in a moment.")
        response.response = UntilDone(iter(response.response), lambda: slots.give_back(person_id))  # type: ignore[arg-type]
        request.environ[STREAMED] = True
    return response


def _slots() -> Slots:
    """Those of this process: half of the threads."""
    most = max(1, current_app.config["WEB_THREADS"] // 2)
    slots: Slots = current_app.extensions.setdefault("course_file_slots", Slots(most))
    return slots
