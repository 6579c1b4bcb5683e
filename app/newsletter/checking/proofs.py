"""An issue as a reader gets it, read back from the bytes that would go over the wire, for looking it over."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from app.newsletter.checking.mail_html import Element, elements
from app.newsletter.issues.composing import Composed
from app.newsletter.issues.models import Issue
from app.newsletter.sending.messages import END, PreparedMessage, Recipient

SAMPLE_NAME, LONG_NAME = "Alexandra Sample", "Wolfeschlegelsteinhausenbergerdorff Sample"


class Proof(NamedTuple):
    """The letter of one reader."""

    composed: Composed
    message: EmailMessage
    text: str
    html: str
    elements: list[Element]

    @property
    def links(self) -> list[str]:
        """Where its links lead, each once, in order."""
        return list(dict.fromkeys(each.attributes.get("href", "").strip() for each in self.elements if each.tag == "a"))

    @property
    def images(self) -> list[Element]:
        return [each for each in self.elements if each.tag == "img"]

    @property
    def addresses(self) -> list[str]:
        """Where its links lead and its pictures lie, each once."""
        sources = [image.attributes.get("src", "").strip() for image in self.images]
        return list(dict.fromkeys([*self.links, *sources]))

    @property
    def unsubscribe_url(self) -> str:
        """The first address of the List-Unsubscribe header that a mail program may post to; "" if it has none."""
        found = re.search(r"<(https?://[^>]+)>", str(self.message["List-Unsubscribe"] or ""))
        return found[1] if found else ""


def proof_of(issue: Issue, composed: Composed, name: str = SAMPLE_NAME) -> Proof:
    """The issue as somebody called `name` gets it. Raises HeaderInjection."""
    moment = datetime(2026, 12, 31, 12, tzinfo=UTC)
    recipient = Recipient(2**53, 2**31, "reader@example.org", name, moment)
    wire = PreparedMessage(issue, composed).bytes_for(recipient, moment)
    message = message_from_bytes(wire.removesuffix(END), policy=policy.default)
    text, html = (part.get_content() for part in message.iter_parts())
    return Proof(composed, message, text, html, elements(html))
