"""What mailbox providers look up about the sender's domain before they take a letter: SPF, DKIM and DMARC.

Gmail and Yahoo (since February 2024) and Outlook.com (since May 2025) ask bulk senders for all three.
"""

from collections.abc import Callable
from email.utils import parseaddr

from flask import current_app

from app import outside
from app.outside import Outcome, Unanswered
from app.people.addresses import domain_of

WHICH = "your mail provider says which"


def questions() -> list[str]:
    """What to ask about the sender of this site, each for `ask`; nothing while no mail leaves this machine."""
    config = current_app.config
    domain = domain_of(parseaddr(config["MAIL_DEFAULT_SENDER"])[1])
    if not config["MAIL_SERVER"] or is_local(domain):
        return []
    asked = [f"spf {domain_of(config['MAIL_BOUNCE_ADDRESS'])}", f"dmarc {domain}"]
    if selector := config["MAIL_DKIM_SELECTOR"]:
        asked.append(f"dkim {selector}._domainkey.{domain}")
    return asked


def is_local(domain: str) -> bool:
    """Whether it is a name that only a machine on its own desk uses, and no name server knows."""
    return domain == "localhost" or domain.endswith((".localhost", ".local", ".test", ".invalid"))


def ask(question: str) -> Outcome:
    """The answer to one of `questions`. Takes seconds when name servers are away: no transaction may be open."""
    kind, _, name = question.partition(" ")
    try:
        return _KINDS[kind](name)
    except Unanswered as problem:
        return Outcome("unsure", f"{kind.upper()} of {name} could not be looked up: {problem}.")


def _spf(domain: str) -> Outcome:
    """RFC 7208 §4.5, for the domain that bounces go to: it is the one that receivers check (§2.4)."""
    found = [text for text in outside.records(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) == 1:
        return Outcome("good", found[0])
    if found:
        return Outcome("bad", f"{domain} has {len(found)} SPF records, which count as none: make them one.")
    return Outcome("bad", f"{domain} has no SPF record: add a TXT record that begins with v=spf1 ({WHICH}).")


def _dkim(name: str) -> Outcome:
    """RFC 6376 §3.6.1; an empty key is one that was taken back."""
    for text in outside.records(name, "TXT"):
        if _tags(text).get("p"):
            return Outcome("good", f"there is a key at {name}")
    return Outcome("bad", f"There is no DKIM key at {name}: add the record ({WHICH}), or correct MAIL_DKIM_SELECTOR.")


def _dmarc(domain: str) -> Outcome:
    """RFC 7489 §6.6.3, with the domains above it, down to two labels, in the place of the organizational domain."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        name = ".".join(["_dmarc", *labels[start:]])
        for text in outside.records(name, "TXT"):
            if _tags(text).get("v") != "DMARC1":
                continue
            if _tags(text).get("p", "").lower() in ("none", "quarantine", "reject"):
                return Outcome("good", text)
            return Outcome("bad", f"The DMARC record at {name} names no policy: write v=DMARC1; p=none.")
    return Outcome(
        "bad", f"{domain} has no DMARC record: add a TXT record at _dmarc.{domain} that says v=DMARC1; p=none."
    )


_KINDS: dict[str, Callable[[str], Outcome]] = {"spf": _spf, "dkim": _dkim, "dmarc": _dmarc}


def _tags(text: str) -> dict[str, str]:
    """The parts of "v=DMARC1; p=none" by name."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
