"""How often a private link may be used, and what one to a consultation opens."""

from collections.abc import Callable

from flask import abort, make_response, render_template, request

from app.coaching.forms import LinksForm
from app.coaching.linked import Linked
from app.coaching.models import Consultation
from app.extensions import limiter
from app.limits import Decorator, network


def consultation_of(token: str, *, for_update: bool = False) -> Consultation:
    """The consultation whose link holds this token; ends with a page that offers to mail the right one."""
    if consultation := Consultation.from_link(token, for_update=for_update):
        return consultation
    abort(make_response(render_template("coaching/unknown_link.html", form=LinksForm(formdata=None)), 404))


def limit_of_links_to(row: type[Linked]) -> Decorator:
    """A limit on the POSTs of views with a `token`."""
    return limiter.shared_limit("30/hour", scope=f"{row.LINK_PURPOSE} link", key_func=_counted(row), methods=["POST"])


def _counted(row: type[Linked]) -> Callable[[], str]:
    def counted_as() -> str:
        """A use of a link counts under its row, whichever of its links it is; of no link, under the network."""
        row_id = row.id_in_link(_token())
        return f"{row.LINK_PURPOSE} {row_id}" if row_id else network()

    return counted_as


def _token() -> str:
    return str((request.view_args or {}).get("token", ""))


link_limit = limit_of_links_to(Consultation)
# What mails its person at every use, for whoever typed an address that may not be theirs. The mailed link does more.
shown_link_limit = limiter.shared_limit(
    "5/hour;8/day",
    scope="consultation-shown-link",
    key_func=_counted(Consultation),
    methods=["POST"],
    exempt_when=lambda: not Consultation.is_shown_link(_token()),
    deduct_when=lambda response: response.status_code == 303,
)
