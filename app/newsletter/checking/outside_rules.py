"""The rules of the preflight that go by what others say: pages that links lead to, and the sender's domain."""

from collections.abc import Iterator

from app.newsletter.checking import own_pages
from app.newsletter.checking.findings import Finding, cut
from app.newsletter.checking.letter_rules import Rule
from app.newsletter.checking.link_asking import WEB
from app.newsletter.checking.outside_checks import LONGEST_SUBJECT as LONGEST_LINK
from app.newsletter.checking.outside_checks import OutsideCheck, ask_soon
from app.newsletter.checking.proofs import Proof
from app.newsletter.issues.models import Issue
from app.outbox import sender_domain
from app.outside import Outcome


def subjects_of(proof: Proof) -> list[str]:
    """What has to be asked outside before the letter may go."""
    return [*_links_outside(proof), *sender_domain.questions()]


def own_links(issue: Issue, proof: Proof) -> Iterator[Finding]:
    """Those into this site, as it is now."""
    for link in proof.addresses:
        path = own_pages.path_of(link)
        if path is None:
            continue
        if own_pages.is_personal(path):
            if any(isinstance(part, str) and link in part for part in proof.composed.html):
                words = f"“{cut(link)}” is somebody's own link, for every reader to use: take it out."
                yield Finding("personal-link", words, True, "body")
        elif not own_pages.is_there(path):
            yield Finding("dead-link", f"“{cut(link)}” is no page of this site: mend or remove it.", True, "body")


def outside(issue: Issue, proof: Proof) -> Iterator[Finding]:
    """Links elsewhere and the sender's domain, by what was said of them lately. The rest is put on the queue."""
    subjects = subjects_of(proof)
    known = OutsideCheck.known(subjects)
    for link in _links_outside(proof):
        if link in known:
            yield from _of_link(link, known[link], is_picture=link not in proof.links)
    for question in sender_domain.questions():
        if question in known:
            yield from _of_sender(question, known[question])
    if unknown := [subject for subject in subjects if subject not in known]:
        ask_soon(unknown)
        words = f"{len(unknown)} of its links and records are being checked in the background, which takes a moment."
        yield Finding("being-checked", words, True, "")
    for link in proof.addresses:
        if len(link) > LONGEST_LINK:
            words = f"“{cut(link)}” is longer than {LONGEST_LINK} characters and was not checked: try it yourself."
            yield Finding("unchecked-link", words, False, "body")


def _of_link(link: str, outcome: Outcome, *, is_picture: bool) -> Iterator[Finding]:
    what, trouble = (
        (f"The picture “{cut(link)}”", "is not there") if is_picture else (f"“{cut(link)}”", "leads nowhere")
    )
    if outcome.verdict == "bad":
        yield Finding("dead-link", f"{what} {trouble} ({outcome.words}): mend or remove it.", True, "body")
    elif outcome.verdict == "unsure":
        words = f"{what} could not be checked ({outcome.words}): try it yourself."
        yield Finding("unchecked-link", words, False, "body")


def _of_sender(question: str, outcome: Outcome) -> Iterator[Finding]:
    kind = question.partition(" ")[0]
    if outcome.verdict == "bad":
        yield Finding(kind, outcome.words, True, "")
    elif outcome.verdict == "unsure":
        yield Finding(f"{kind}-unchecked", outcome.words, False, "")


def _links_outside(proof: Proof) -> list[str]:
    return [
        link
        for link in proof.addresses
        if link.lower().startswith(WEB) and own_pages.path_of(link) is None and len(link) <= LONGEST_LINK
    ]


RULES: tuple[Rule, ...] = (outside,)
