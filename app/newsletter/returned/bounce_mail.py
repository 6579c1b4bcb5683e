"""What a mail that came to the bounce address tells: a letter came back, a complaint, somebody leaving, or nothing.

The site's own mark in it names what was sent, or the person: the tag of the address it came to, or of those in the
headers of the letter it returns. A mail without a mark that the site wrote changes nothing. flufl.bounce knows what a
bounce looks like, and the status in it says whether the address is to blame.
"""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import NamedTuple

from flufl.bounce import all_failures

from app.clock import in_utc
from app.followups.leaving import person_of_tag
from app.newsletter.preferences.leaving import leave_everything
from app.newsletter.returned.bounce_codes import Kind, classify
from app.newsletter.returned.bounces import (
    MOST_TAGS,
    Letter,
    address_bounced,
    address_of,
    bounced,
    complained,
    letter_named_in,
)
from app.outbox import return_address
from app.people.models import Person

log = logging.getLogger(__name__)
LONGEST_MAIL = 10 * 1024 * 1024
LONGEST_TEXT = 100_000
# Where mail servers write to whom a mail was delivered, whatever its To says.
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc")
MAIL_SYSTEMS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "mailerdaemon"})
# RFC 5965 §7.3. Reports of failed authentication, and of what is no spam after all, are no complaints.
COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_UNSAID = re.compile(r"[245]\.[0-6]\.0")
_CODE_IN_TEXT = re.compile(r"(?:^|[\s:(#<])(?:[45]\d\d[ -](?=\S)|#?[45]\.\d{1,3}\.\d{1,3}\b)")
_AFTER_DATA = re.compile(r"end of data|data command|after data", re.IGNORECASE)


class Malformed(ValueError):
    """The mail cannot be read. The message says why."""


class Named(NamedTuple):
    """What the marks in a mail name: what we sent, or at least whom it was for, or neither."""

    letter: Letter | None = None
    person: Person | None = None

    @property
    def address(self) -> str | None:
        if self.letter:
            return address_of(self.letter)
        return self.person.email if self.person else None


def handle(raw: bytes) -> str:
    """Do what a mail gives reason for, in the caller's transaction: "bounce", "complaint" or "unsubscribed".

    Empty when it is none of our business, such as a reply or an automatic one (RFC 3834). Raises Malformed.
    """
    if len(raw) > LONGEST_MAIL:
        raise Malformed(f"it is larger than {LONGEST_MAIL // 1024 // 1024} MB")
    try:
        message = message_from_bytes(raw)
        if not message.keys():
            raise Malformed("it has no headers")
        if report := _part(message, "message/feedback-report"):
            return _handle_complaint(report, raw)
        if person := _who_leaves(message):
            leave_everything(person, page="a mail to the address in a letter")
            return "unsubscribed"
        return _handle_bounce(message, raw) if _may_be_a_bounce(message) else ""
    except (LookupError, ValueError, TypeError, AttributeError) as problem:  # What parsers raise for broken mail.
        if isinstance(problem, Malformed):
            raise
        raise Malformed(f"{type(problem).__name__}: {problem}") from problem


def _handle_complaint(report: Message, raw: bytes) -> str:
    fields = _fields(report)
    if (fields.get("Feedback-Type") or "").strip().lower() not in COMPLAINTS:
        return ""
    named = _named_in(raw)
    # Anybody can write a report; one of our letter holds its headers (RFC 5965 §2).
    if (address := named.address) is None:
        log.warning("a complaint that names no letter of ours changes nothing")
        return ""
    words = _line(f"{fields.get('Feedback-Type')} {fields.get('User-Agent') or ''}")
    complained(address, words, letter=named.letter)
    return "complaint"


def _who_leaves(message: Message) -> Person | None:
    if "unsubscribe" not in _lower(message, "Subject"):
        return None
    addressed = " ".join(str(value) for name in ADDRESSED for value in message.get_all(name, ()))
    return next(filter(None, map(person_of_tag, return_address.tags_in(addressed)[:MOST_TAGS])), None)


def _may_be_a_bounce(message: Message) -> bool:
    """A report on a delivery (RFC 3464), or else a mail from a mail system that nobody wrote in answer (RFC 3834).

    Exim marks its plain bounces as replies, too, and in X-Failed-Recipients names whom it could not reach.
    """
    if _part(message, "message/delivery-status") or "X-Failed-Recipients" in message:
        return True
    sender = parseaddr(str(message.get("From", "")))[1].partition("@")[0].lower()
    is_of_nobody, is_of_system = _lower(message, "Return-Path") == "<>", sender in MAIL_SYSTEMS
    if (
        _lower(message, "Auto-Submitted").startswith("auto-replied")
        or "X-Autoreply" in message
        or "X-Autorespond" in message
    ):
        return is_of_nobody and is_of_system
    return is_of_nobody or is_of_system


def _handle_bounce(message: Message, raw: bytes) -> str:
    _, permanent = all_failures(message)
    if not permanent:  # Delayed is not failed: the mail server goes on trying (RFC 3464 §2.3.3).
        return ""
    named = _named_in(raw)
    if (address := named.address) is None:  # Anybody can write a bounce, of any address.
        log.warning("a bounce that names no mail of ours changes nothing")
        return ""
    kind, words = _verdict(message, address)
    if named.letter:
        bounced(named.letter, kind, words)
    else:
        address_bounced(address, kind, words, _date(message))
    return "bounce"


def _named_in(raw: bytes) -> Named:
    text = raw.decode("latin-1")
    people = map(person_of_tag, return_address.tags_in(text)[:MOST_TAGS])
    return Named(letter_named_in(text), next(filter(None, people), None))


def _verdict(message: Message, address: str) -> tuple[Kind, str]:
    """What the mail says of the address: its kind, and the words of the server."""
    if words := _status_of(message, address):
        at_recipient = not _AFTER_DATA.search(words)
        return classify(words, at_recipient), words
    if words := _code_in_text(message):
        return classify(words, at_recipient=not _AFTER_DATA.search(words)), words
    return "hard", "A mail came back for good, and did not say why."


def _status_of(message: Message, address: str) -> str:
    """Status and diagnostic code (RFC 3464 §2.3) of the recipient that failed: at `address`, or the first."""
    failed = list(_failed_recipients(message))
    if not failed:
        return ""
    block = next((block for block in failed if _recipient(block) == address.lower()), failed[0])
    status = str(block.get("Status", "")).strip().split(" ")[0]
    diagnostic = _line(str(block.get("Diagnostic-Code", "")).partition(";")[2])
    # "Other or undefined" is no news beside what the server itself said.
    return _line(diagnostic if _UNSAID.fullmatch(status) and diagnostic else f"{status} {diagnostic}")


def _failed_recipients(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                # "error" is not of the RFC, but OpenSMTPD writes it.
                if isinstance(block, Message) and _lower(block, "Action").startswith(("fail", "error")):
                    yield block


def _recipient(block: Message) -> str:
    recipient = block.get("Original-Recipient") or block.get("Final-Recipient") or ""
    return str(recipient).rpartition(";")[2].strip().strip("<>").lower()


def _code_in_text(message: Message) -> str:
    """The first line of the text that holds a code, for bounces that are no report (qmail, old Exim and the like)."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            text = payload[:LONGEST_TEXT].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            if found := next((line for line in text.splitlines() if _CODE_IN_TEXT.search(line)), None):
                return _line(found)
    return ""


def _date(message: Message) -> datetime | None:
    try:
        return in_utc(parsedate_to_datetime(str(message.get("Date", ""))))
    except (TypeError, ValueError, OverflowError):
        return None


def _part(message: Message, content_type: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == content_type), None)


def _fields(report: Message) -> Message:
    """The fields of a report, which Python takes for a message inside a message."""
    payload = report.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return message_from_bytes(str(payload).encode("utf-8", "replace"))


def _lower(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip().lower()


def _line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())[:500]
