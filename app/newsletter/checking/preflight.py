"""What must not go out, and why: an issue looked over as its readers get it, before it is scheduled."""

from app.newsletter.checking import letter_rules, outside_rules, site_rules
from app.newsletter.checking.findings import Finding
from app.newsletter.checking.outside_checks import OutsideCheck, ask_now
from app.newsletter.checking.proofs import Proof, proof_of
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.outbox.models import HeaderInjection

LINE_BREAK = Finding("line-break", "Take the line break out of the sender's name.", True, "sender_name")


def check(issue: Issue) -> list[Finding]:
    """Everything to mend in `issue`, those that block first.

    Nobody outside is waited for: what is not known of links and of the sender's domain is put on the queue, and blocks
    until it is known.
    """
    return _found(issue, (*letter_rules.RULES, outside_rules.own_links, *site_rules.RULES, *outside_rules.RULES))


def check_letter(issue: Issue) -> list[Finding]:
    """The same but for the site and what others say: a last look at an issue that was checked when it was scheduled."""
    return _found(issue, (*letter_rules.RULES, outside_rules.own_links))


def ask_outside(issue: Issue) -> None:
    """Ask now about what `check` would put on the queue. Takes seconds, and commits."""
    ask_now(_subjects_of(issue))


def ask_again(issue: Issue) -> None:
    """Forget what was not answered well, because the owner says that it is mended: the next `check` has it asked."""
    OutsideCheck.forget_troubles(_subjects_of(issue))


def _found(issue: Issue, rules: tuple[letter_rules.Rule, ...]) -> list[Finding]:
    if (proof := _proof_of(issue)) is None:
        return [LINE_BREAK]
    findings = [finding for rule in rules for finding in rule(issue, proof)]
    return sorted(findings, key=lambda finding: not finding.blocks)


def _subjects_of(issue: Issue) -> list[str]:
    proof = _proof_of(issue)
    return outside_rules.subjects_of(proof) if proof else []


def _proof_of(issue: Issue) -> Proof | None:
    """None when not even a message can be made of it."""
    try:
        return proof_of(issue, compose(issue))
    except HeaderInjection:
        return None
