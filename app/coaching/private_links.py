"""The private link to a consultation: what it opens, and how often it may be used."""

from flask import abort, make_response, render_template, request

from app.coaching.forms import LinksForm
from app.coaching.models import Consultation
from app.extensions import limiter
from app.limits import network


def consultation_of(token: str, *, for_update: bool = False) -> Consultation:
    """The consultation whose link holds this token; ends with a page that offers to mail the right one."""
    if consultation := Consultation.from_link(token, for_update=for_update):
        return consultation
    abort(make_response(render_template("coaching/unknown_link.html", form=LinksForm(formdata=None)), 404))


def _token() -> str:
    return str((request.view_args or {}).get("token", ""))


def _consultation_or_network() -> str:
    """What a use of a link counts under: its consultation, whichever of its links it is; for no link, the network."""
    consultation_id = Consultation.id_in_link(_token())
    return f"consultation {consultation_id}" if consultation_id else network()


link_limit = limiter.shared_limit(
    "30/hour", scope="consultation-link", key_func=_consultation_or_network, methods=["POST"]
)
# What mails its person at every use, for whoever typed an address that may not be theirs. The mailed link does more.
shown_link_limit = limiter.shared_limit(
    "5/hour;8/day",
    scope="consultation-shown-link",
    key_func=_consultation_or_network,
    methods=["POST"],
    exempt_when=lambda: not Consultation.is_shown_link(_token()),
    deduct_when=lambda response: response.status_code == 303,
)
