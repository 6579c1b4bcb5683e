"""The studio's one door: nothing behind it answers anybody but the owner."""

import logging

from flask import Blueprint, abort, request
from flask_security import current_user
from flask_security.decorators import auth_required

log = logging.getLogger(__name__)
bp = Blueprint("studio", __name__, url_prefix="/studio")


@bp.before_request
@auth_required("session")
def admit_the_owner_only() -> None:
    """Strangers are asked to sign in; to everybody else who is not the owner there is no studio."""
    if not current_user.is_owner:
        log.warning("person %s was refused %s %s", current_user.id, request.method, request.path)
        abort(404)
