"""How often a private link may be used."""

from collections.abc import Callable

from flask import request

from app.extensions import limiter
from app.limits import Decorator, network
from app.people.linked import Linked


def limit_of_links_to(row: type[Linked]) -> Decorator:
    """A limit on the POSTs of views with a `token`."""
    return limiter.shared_limit("30/hour", scope=f"{row.LINK_PURPOSE} link", key_func=counted(row), methods=["POST"])


def counted(row: type[Linked]) -> Callable[[], str]:
    """What a use of a link counts under: its row, whichever of its links it is; of no link, the network."""

    def counted_as() -> str:
        row_id = row.id_in_link(used_token())
        return f"{row.LINK_PURPOSE} {row_id}" if row_id else network()

    return counted_as


def used_token() -> str:
    return str((request.view_args or {}).get("token", ""))
