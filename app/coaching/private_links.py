"""How often a private link to a consultation may be used, and what it opens."""

from flask import abort, make_response, render_template

from app.coaching.forms import LinksForm
from app.coaching.models import Consultation
from app.extensions import limiter
from app.people.link_limits import counted, limit_of_links_to, used_token


def consultation_of(token: str, *, for_update: bool = False) -> Consultation:
    """The consultation whose link holds this token; ends with a page that offers to mail the right one."""
    if consultation := Consultation.from_link(token, for_update=for_update):
        return consultation
    abort(make_response(render_template("coaching/unknown_link.html", form=LinksForm(formdata=None)), 404))


link_limit = limit_of_links_to(Consultation)
# What mails its person at every use, for whoever typed an address that may not be theirs. The mailed link does more.
shown_link_limit = limiter.shared_limit(
    "5/hour;8/day",
    scope="consultation-shown-link",
    key_func=counted(Consultation),
    methods=["POST"],
    exempt_when=lambda: not Consultation.is_shown_link(used_token()),
    deduct_when=lambda response: response.status_code == 303,
)
