"""The way out, as every letter that nobody needs carries it: in its headers and in its footer (RFC 2369, RFC 8058)."""

import hmac
from collections.abc import Callable
from datetime import datetime
from email.utils import formataddr, parseaddr

from flask import current_app

from app import tokens
from app.extensions import db
from app.outbox import return_address
from app.people.addresses import domain_of
from app.people.models import Person
from app.urls import absolute_url

LEAVING_TAG = "u"


def unsubscribe_url(person: Person) -> str:
    """The person's own link off every list. It works for ever, again and again."""
    return absolute_url("newsletter.unsubscribe", token=tokens.sign("unsubscribe", _payload(person)))


def preferences_url(person: Person) -> str:
    return absolute_url("newsletter.show_preferences", token=tokens.sign("preferences", _payload(person)))


def data_url(person: Person) -> str:
    """Where a link to what we hold about `person` can be asked for. It goes to their address: who was passed a mail on
    with this in it, such as a receipt, gets nothing by it.
    """
    return absolute_url("newsletter.show_way_to_data", token=tokens.sign("data", _payload(person)))


def person_of(purpose: str, token: str) -> Person | None:
    """Whose link this is; None when the person is gone. Raises InvalidToken."""
    return person_with(tokens.read(purpose, token))


def person_with(payload: list[int]) -> Person | None:
    """The person whose links hold `payload`; None when that person is gone."""
    person = db.session.get(Person, payload[0])
    return person if person and _payload(person) == payload and not person.erased_at else None


def link_maker(endpoint: str, purpose: str) -> Callable[[bytes], str]:
    """A function from what a token holds, encoded, to the whole link, for whoever makes them by the ten thousand."""
    sign = tokens.signer(purpose)
    before, _, after = absolute_url(endpoint, **{"token": "~"}).partition("~")
    return lambda payload: f"{before}{sign(payload)}{after}"


def list_headers(person: Person) -> dict[str, str]:
    """Headers from which a mail program makes its own way out: one click, and no page (RFC 8058 §3.1)."""
    return {
        "List-Id": list_id(),
        "List-Unsubscribe": list_unsubscribe(unsubscribe_url(person), _payload(person)),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def list_unsubscribe(url: str, payload: list[int]) -> str:
    """The header's value: the link for one click, and an address to write to, good for this person only."""
    return list_unsubscriber()(url, payload)


def list_unsubscriber() -> Callable[[str, list[int]], str]:
    """`list_unsubscribe` for whoever needs it by the ten thousand."""
    tag = _leaving_tagger()
    before, _, after = return_address.tagged("~").partition("~")
    return lambda url, payload: f"<{url}>, <mailto:{before}{tag(payload)}{after}?subject=unsubscribe>"


def person_of_tag(tag: str) -> Person | None:
    """The person whose letters carry an address with this tag to leave by; None when the site did not write it."""
    kind, _, rest = tag.partition("-")
    number = rest.partition("-")[0]
    if kind != LEAVING_TAG or not (tag.isascii() and number.isdigit() and len(number) <= 10 and int(number) < 2**31):
        return None
    person = db.session.get(Person, int(number))
    return person if person and hmac.compare_digest(_leaving_tagger()(_payload(person)), tag) else None


def list_id() -> str:
    """What names the list for ever, whoever sends it from wherever (RFC 2919 §2)."""
    domain = domain_of(parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1])
    return formataddr((current_app.config["SITE_NAME"], f"newsletter.{domain}"))


def _payload(person: Person) -> list[int]:
    return payload_of(person.id, person.created_at)


def payload_of(person_id: int, created_at: datetime) -> list[int]:
    """What the links of a person hold."""
    # A database may give the number of an erased person to the next one; the moment of making tells them apart.
    return [person_id, int(created_at.timestamp())]


def _leaving_tagger() -> Callable[[list[int]], str]:
    """As a token is, in small letters and short enough for the part before the @ of an address."""
    keyed = hmac.new(current_app.config["SECRET_KEY"].encode(), digestmod="sha256")

    def leaving_tag(payload: list[int]) -> str:
        signature = keyed.copy()
        signature.update(b"leaving by mail:%d:%d" % (payload[0], payload[1]))
        return f"{LEAVING_TAG}-{payload[0]}-{signature.hexdigest()[:16]}"

    return leaving_tag
