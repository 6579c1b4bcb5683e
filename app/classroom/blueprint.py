"""The classroom's one door: nothing behind it answers anybody but those who may enter, and the owner."""

from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_security.decorators import auth_required
from flask_wtf.csrf import CSRFError

from app.classroom.access import Access
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import csrf

bp = Blueprint("classroom", __name__, url_prefix="/learn")
# Their views show the page again, with what was typed, when the form was too old.
_KEEP_WORDS: set[str] = set()
WORDS = "text-"


def keeps_words(view: Any) -> Any:
    """Mark a view whose form holds what a learner wrote: a form that is no longer good must not lose it.

    Such a view looks at `form_is_old` and changes nothing if it is.
    """
    _KEEP_WORDS.add(f"{bp.name}.{view.__name__}")
    return csrf.exempt(view)


def access() -> Access:
    """What the visitor may enter."""
    allowed: Access = g.access
    return allowed


def form_is_old() -> bool:
    """Whether the form's token is not that of the visitor's session, so that somebody else may have made it."""
    return bool(g.get("form_is_old"))


def wants_json() -> bool:
    """Whether the page's own script asks."""
    return request.accept_mimetypes.best == "application/json"


@auth_required("session")
def _ask_strangers_to_sign_in() -> None:
    """It checks the token of the form, too."""


@bp.before_request
def admit() -> ResponseReturnValue | None:
    if request.endpoint in _KEEP_WORDS and current_user.is_authenticated:
        g.form_is_old = not _is_genuine()
    elif (asked := _ask_strangers_to_sign_in()) is not None:
        return _refuse("classroom/signed_out.html", 401) if typed() else asked
    if (allowed := Access.of(current_user)) is None:
        if suspended := [place for place in Enrollment.all_standing(current_user) if place.is_suspended]:
            return _refuse("classroom/suspended.html", 403, places=suspended)
        ended = Enrollment.last_ended(current_user)
        disputed = ended and Enrollment.still_disputed(current_user, ended.cohort)
        choosing = Order.to_choose_by(current_user)
        return _refuse("classroom/not_enrolled.html", 403, ended=ended, disputed=disputed, choosing=choosing)
    g.access = allowed
    return None


def _is_genuine() -> bool:
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _refuse(template: str, status: int, **context: Any) -> Response:
    return make_response(render_template(template, typed=typed(), **context), status)


def typed() -> list[str]:
    """What a learner wrote and sent, where it can no longer be saved: it is shown once more."""
    if request.endpoint not in _KEEP_WORDS:
        return []
    return [text for name, text in request.form.items() if name.startswith(WORDS) and text.strip()]


@bp.after_request
def keep_private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
