"""The messages of an issue: prepared once as bytes for the wire, with each recipient's own parts put in between.

A part is put on a line of its own by soft line breaks, which quoted-printable takes away again (RFC 2045 §6.7), so that
no line grows too long and none begins with a dot, whatever is put in.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.quoprimime import body_encode
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from html import escape
from typing import NamedTuple

from flask import current_app

from app import tokens
from app.followups.leaving import link_maker, list_id, list_unsubscriber, payload_of
from app.newsletter.issues.composing import OF_THE_RECIPIENT, Blank, Composed, Passage
from app.newsletter.issues.models import Issue
from app.outbox.models import single_line
from app.people.addresses import domain_of
from app.people.models import first_name_of
from app.urls import absolute_url

LINE = 72
END = b"\r\n.\r\n"
_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9 !#$%&'()*+,./:;?@_~-]+")
_SEEMS_ENCODED = re.compile(r"=\?.*\?=")  # RFC 2047 §2: a reader would decode what somebody typed.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 _-]{1,60}")


class Recipient(NamedTuple):
    """Whom a delivery goes to, as they are when it goes."""

    delivery_id: int
    person_id: int
    address: str
    name: str
    created_at: datetime


class Gaps(NamedTuple):
    """Which parts of a message one blank stands for, in its plain text and in its HTML."""

    plain: list[int]
    html: list[int]


class Values:
    """Finds what each recipient fills the blanks of one issue with."""

    def __init__(self, issue: Issue) -> None:
        self._issue_id = issue.id
        self._unsubscribe = link_maker("newsletter.unsubscribe", "unsubscribe")
        self._preferences = link_maker("newsletter.show_preferences", "preferences")
        self._browser = link_maker("newsletter.show_copy", "copy")

    def of(self, person_id: int, created_at: datetime, name: str) -> dict[str, str]:
        """By field, for the person of these properties."""
        payload = payload_of(person_id, created_at)
        encoded = tokens.encoded(payload)
        return {
            "first_name": first_name_of(name),
            "unsubscribe_url": self._unsubscribe(encoded),
            "preferences_url": self._preferences(encoded),
            "browser_url": self._browser(tokens.encoded([self._issue_id, *payload])),
        }

    @staticmethod
    def of_nobody(first_name: str = "") -> dict[str, str]:
        """By field, where no link may do anything: in a preview, or in a test that goes to somebody else."""
        harmless = absolute_url("newsletter.show_newsletter")
        return {field: first_name if field == "first_name" else harmless for field in OF_THE_RECIPIENT}


class PreparedMessage:
    """An issue as bytes with gaps, ready for the wire: dot-stuffed and ended (RFC 5321 §4.5.2)."""

    def __init__(self, issue: Issue, composed: Composed) -> None:
        self.sender = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1]
        self._domain = domain_of(self.sender)
        self._issue = issue.public_id
        self._values = Values(issue)
        self._way_out = list_unsubscriber()
        self._subject = composed.subject
        self._gaps: dict[Blank, Gaps] = {}
        self._parts: list[bytes] = [b""]
        self._write_headers(issue)
        for kind, passage in (("plain", composed.text), ("html", composed.html)):
            self._write(self._boundary + f"Content-Type: text/{kind}; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: quoted-printable\r\n\r\n")  # fmt: skip
            self._write_body(kind, passage)
        self._write(f"\r\n--=_{self._issue}--")
        self._parts.append(END)

    def bytes_for(self, recipient: Recipient, date: datetime) -> bytes:
        """The whole message for one recipient. Raises HeaderInjection when a name or address holds a line break."""
        values = self._values.of(recipient.person_id, recipient.created_at, recipient.name)
        parts = self._parts.copy()
        parts[0] = self._own_headers(recipient, values, date)
        for blank, gaps in self._gaps.items():
            value = blank.filled(values)
            plain = _on_lines_of_its_own(value)
            html = plain if (escaped := escape(value)) == value else _on_lines_of_its_own(escaped)
            for index in gaps.plain:
                parts[index] = plain
            for index in gaps.html:
                parts[index] = html
        return b"".join(parts)

    def message_id(self, delivery_id: int) -> str:
        """The same at every attempt."""
        return f"<{self._issue}.{delivery_id}@{self._domain}>"

    def _own_headers(self, recipient: Recipient, values: Mapping[str, str], date: datetime) -> bytes:
        payload = payload_of(recipient.person_id, recipient.created_at)
        lines = [
            f"To: {_mailbox(recipient.name, recipient.address)}",
            f"Date: {_date(date.replace(microsecond=0))}",
            f"Message-ID: {self.message_id(recipient.delivery_id)}",
            f"List-Unsubscribe: {self._way_out(values['unsubscribe_url'], payload)}",
        ]
        if len(self._subject) > 1:
            lines.append(self._subject_line(values))
        return "\r\n".join(lines).encode("ascii") + b"\r\n"

    def _write_headers(self, issue: Issue) -> None:
        name = issue.sender_name or parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[0]
        lines = [
            f"From: {_mailbox(name, self.sender)}",
            # RFC 8058 §3.1; and the form in which Gmail's Postmaster Tools count complaints.
            f"List-Id: {list_id()}",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            f"Feedback-ID: {self._issue[:12]}:issue:newsletter:{_sender_id(self._domain)}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="=_{self._issue}"',
        ]
        if len(self._subject) == 1:
            lines.append(self._subject_line({}))
        self._write("\r\n".join(lines) + "\r\n")

    @property
    def _boundary(self) -> str:
        return f"\r\n--=_{self._issue}\r\n"

    def _subject_line(self, values: Mapping[str, str]) -> str:
        subject = "".join(part if isinstance(part, str) else part.filled(values) for part in self._subject)
        return "Subject: " + _header(single_line("subject", subject), "Subject")

    def _write(self, text: str) -> None:
        self._parts.append(text.encode("ascii"))

    def _write_body(self, kind: str, passage: Passage) -> None:
        for part in passage:
            if isinstance(part, Blank):
                gaps = self._gaps.setdefault(part, Gaps([], []))
                getattr(gaps, kind).append(len(self._parts))
                self._parts.append(b"")
            elif part:
                self._parts.append(_encoded(part) + b"=\r\n")


def _encoded(text: str) -> bytes:
    """`text` as quoted-printable that begins on a new line and may be followed by a soft line break."""
    lines = body_encode(text.replace("\r\n", "\n").encode().decode("latin-1"), LINE, eol="\r\n").encode("ascii")
    return re.sub(rb"(?m)^\.", b"=2E", lines)


def _on_lines_of_its_own(value: str) -> bytes:
    if not _NEEDS_NO_ENCODING.fullmatch(value):
        return _encoded(value) + b"=\r\n" if value else b""
    lines = [value[start : start + LINE] for start in range(0, len(value), LINE)]
    return b"".join(b"%s=\r\n" % (line if line[0] != "." else f"=2E{line[1:]}").encode("ascii") for line in lines)


@lru_cache(maxsize=4)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _mailbox(name: str, address: str) -> str:
    """RFC 5322 §3.4: `name` and an address in angle brackets."""
    single_line("address", address)
    if _PLAIN_NAME.fullmatch(name):
        return f'"{name}" <{address}>'
    if not single_line("name", name):
        return f"<{address}>"
    if name.isascii() and not _SEEMS_ENCODED.search(name):
        return formataddr((name, address))
    return f"{_header(name, 'To')} <{address}>"


def _header(text: str, name: str) -> str:
    """`text` as a header's value: as it is, or as encoded words, folded (RFC 2047 §2)."""
    if text.isascii() and len(name) + len(text) < 900 and not _SEEMS_ENCODED.search(text):
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _sender_id(domain: str) -> str:
    """Five to fifteen characters that stay the same for this sender."""
    return f"{''.join(filter(str.isalnum, domain))[:15]:0<5}"
