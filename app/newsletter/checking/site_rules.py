"""The rules of the preflight that look at how the site is set up."""

from collections.abc import Iterator

from flask import current_app

from app.config import SAMPLE_ADDRESS
from app.newsletter.checking.findings import Finding
from app.newsletter.checking.letter_rules import Rule
from app.newsletter.checking.proofs import Proof
from app.newsletter.issues.models import Issue
from app.outbox import sender_domain


def _postal_address(issue: Issue, proof: Proof) -> Iterator[Finding]:
    """CAN-SPAM Act, 15 U.S.C. §7704(a)(5)(A)(iii)."""
    if sender_domain.writes_to_others() and current_app.config["POSTAL_ADDRESS"] == SAMPLE_ADDRESS:
        words = "The postal address at its foot is only a sample, and the law wants a real one: set POSTAL_ADDRESS."
        yield Finding("postal-address", words, True, "")


RULES: tuple[Rule, ...] = (_postal_address,)
