"""Addresses that only take a form, looked at: a phone that loads its page anew is led to where that form stands."""

from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.coaching.blueprint import bp

FORM_OF = {
    "/book/times": "show_picker",
    "/request/times": "request_consultation",
    "/consultations/<token>/details": "show_consultation",
    "/consultations/<token>/address": "show_consultation",
    "/consultations/<token>/acceptance": "show_consultation",
    "/consultations/<token>/cancellation": "show_consultation",
    "/waiting/offers/<token>/refusal": "show_slot_offer",
    "/waiting/entries/<token>/confirmation": "show_waiting_entry",
    "/waiting/entries/<token>/wish": "show_waiting_entry",
    "/waiting/entries/<token>/departure": "show_waiting_entry",
}


def _leading_to(page: str) -> Callable[..., ResponseReturnValue]:
    def lead(**link: Any) -> ResponseReturnValue:
        return redirect(url_for(f".{page}", **link))

    return lead


for address, page in FORM_OF.items():
    bp.add_url_rule(address, f"lead_from_{address.rpartition('/')[2]}_to_{page}", _leading_to(page), methods=["GET"])
