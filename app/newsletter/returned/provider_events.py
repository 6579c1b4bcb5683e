"""What mail providers tell by webhook, in their own words: Amazon SES and Postmark.

Who sent it was proven before it comes here, so an address in it is believed.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from app.clock import read_moment
from app.newsletter.returned.bounce_codes import Kind, classify
from app.newsletter.returned.bounces import Letter, address_bounced, address_of, bounced, complained, letter_named_in
from app.people.addresses import InvalidAddress, normalize

# Amazon's types of bounces that a message causes, and not an address.
_OF_THE_MESSAGE = frozenset({"MessageTooLarge", "ContentRejected", "AttachmentRejected"})
# Postmark's types of bounces; what is not here is no bounce (an automatic answer) or not final (Transient).
_POSTMARK: dict[str, Kind] = {
    "HardBounce": "hard",
    "BadEmailAddress": "hard",
    "SoftBounce": "soft",
    "DnsError": "soft",
    "Blocked": "",
    "SpamNotification": "",
    "DMARCPolicy": "",
    "VirusNotification": "",
}


def take_from_ses(event: Mapping[str, Any]) -> None:
    """Take in a feedback notification ("notificationType") or a published event ("eventType") of Amazon SES."""
    letter = letter_named_in(str(_mapping(event, "mail").get("source")))
    kind = event.get("notificationType") or event.get("eventType")
    if kind == "Bounce":
        bounce = _mapping(event, "bounce")
        for recipient in _mappings(bounce, "bouncedRecipients"):
            if verdict := _verdict_of_ses(bounce, recipient):
                _take_bounce(recipient.get("emailAddress"), *verdict, bounce.get("timestamp"), letter)
    elif kind == "Complaint":
        complaint = _mapping(event, "complaint")
        words = str(complaint.get("complaintFeedbackType") or "")
        for recipient in _mappings(complaint, "complainedRecipients") if words != "not-spam" else ():
            _take_complaint(recipient.get("emailAddress"), words, complaint.get("timestamp"), letter)


def take_from_postmark(event: Mapping[str, Any]) -> None:
    """Take in a webhook's record of Postmark: a bounce or a spam complaint."""
    kind, record = str(event.get("Type")), event.get("RecordType")
    words = f"{kind}: {event.get('Details') or event.get('Description') or ''}"
    if record == "SpamComplaint" or (record == "Bounce" and kind == "SpamComplaint"):
        _take_complaint(event.get("Email"), words, event.get("BouncedAt"))
    elif record == "Bounce" and kind in _POSTMARK:
        _take_bounce(event.get("Email"), _POSTMARK[kind], words, event.get("BouncedAt"))


def _verdict_of_ses(bounce: Mapping[str, Any], recipient: Mapping[str, Any]) -> tuple[Kind, str] | None:
    """What is to be taken of a bounce, and its words; None when it is none."""
    said = " ".join(str(recipient.get(name) or "") for name in ("status", "diagnosticCode")).strip()
    words = f"{bounce.get('bounceType')} {bounce.get('bounceSubType')} {said}"
    if str(bounce.get("bounceSubType")) in _OF_THE_MESSAGE:
        return "", words
    if said:  # Amazon calls a block for spam permanent, too.
        return classify(said, at_recipient=True), words
    # What Amazon knows without asking the other server has no words. Nor have automatic answers, such as that somebody
    # is out of office, which come as transient: the letter arrived.
    return ("hard", words) if bounce.get("bounceType") == "Permanent" else None


def _take_bounce(address: Any, kind: Kind, words: str, at: Any, letter: Letter | None = None) -> None:
    if letter:
        bounced(letter, kind, words)
    elif normalized := _normalized(address):
        address_bounced(normalized, kind, words, read_moment(str(at)))


def _take_complaint(address: Any, words: str, at: Any, letter: Letter | None = None) -> None:
    known = address_of(letter) if letter else None  # Providers may hide the address.
    if normalized := known or _normalized(address):
        complained(normalized, words, letter=letter, at=read_moment(str(at)))


def _normalized(address: Any) -> str | None:
    if not str(address).isprintable():  # Reading it would leave the line breaks out, and make another address of it.
        return None
    try:
        return normalize(parseaddr(str(address))[1])
    except InvalidAddress:
        return None


def _mapping(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _mappings(event: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = event.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
