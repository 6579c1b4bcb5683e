"""The studio's one door: nothing behind it answers anybody but the owner."""

import logging

from flask import Blueprint, abort, request
from flask_security import current_user
from flask_security.decorators import auth_required

from app.extensions import SAFE_METHODS, db

log = logging.getLogger(__name__)
bp = Blueprint("studio", __name__, url_prefix="/studio")


@bp.before_request
def turn_others_away() -> None:
    """Others who are signed in find no studio. This comes first: what follows reads all that is sent."""
    if current_user.is_authenticated and not current_user.is_owner:
        log.warning("person %s was refused %s %s", current_user.id, request.method, request.path)
        abort(404)
    if request.method not in SAFE_METHODS:
        db.session.commit()  # On SQLite a sender who is slow would keep everybody else from writing.


@bp.before_request
@auth_required("session")
def ask_strangers_to_sign_in() -> None:
    """It checks the token of the form, too."""
