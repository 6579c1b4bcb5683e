"""Where mail providers report bounces and complaints. Each answers 404 until its setting says that it is used."""

import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.newsletter.returned import sns
from app.newsletter.returned.provider_events import take_from_postmark, take_from_ses
from app.newsletter.views import bp
from app.publishing import cross_origin_exempt, knows_no_visitor

log = logging.getLogger(__name__)
TAKEN = "", 200


@bp.post("/webhooks/ses")
@csrf.exempt
@cross_origin_exempt
@knows_no_visitor
def hear_from_ses() -> ResponseReturnValue:
    """A notice of Amazon SNS: proven by its signature, of the one topic that is ours."""
    topic = current_app.config["SES_TOPIC_ARN"] or abort(404)
    notice = _object(request.get_data())
    try:
        kind = sns.verify(notice, topic)
        if kind == sns.CONFIRMATION:
            sns.confirm(notice, topic)
            log.info("the notices of %s come here from now on", topic)
    except sns.Refused as refused:
        log.warning("a notice for the SES webhook is refused: %s", refused)
        abort(403)
    except sns.Unreachable as problem:
        log.warning("a notice for the SES webhook waits, Amazon does not answer: %s", problem)
        abort(503)
    # Amazon greets a new topic in plain words.
    if kind == sns.NOTIFICATION and notice["Message"].lstrip().startswith("{"):
        take_from_ses(_object(notice["Message"]))
        db.session.commit()
    return TAKEN


@bp.post("/webhooks/postmark")
@csrf.exempt
@cross_origin_exempt
@knows_no_visitor
def hear_from_postmark() -> ResponseReturnValue:
    """A record of Postmark, which signs nothing: proven by the user and password in the webhook's settings."""
    expected = current_app.config["POSTMARK_WEBHOOK_LOGIN"] or abort(404)
    login = request.authorization
    given = f"{login.username}:{login.password}" if login and login.type == "basic" else ""
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        log.warning("a record for the Postmark webhook is refused: wrong user or password")
        abort(403)
    take_from_postmark(_object(request.get_data()))
    db.session.commit()
    return TAKEN


def _object(text: str | bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        abort(400)
    return found if isinstance(found, dict) else abort(400)
