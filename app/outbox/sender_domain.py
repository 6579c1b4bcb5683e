"""What mailbox providers look up about the sender's domain before they take a letter: SPF, DKIM and DMARC.

Gmail and Yahoo (since February 2024) and Outlook.com (since May 2025) ask bulk senders for all three.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr

from flask import current_app

from app import outside
from app.outside import Outcome, Unanswered
from app.people.addresses import domain_of

WHICH = "your mail provider says which"
# The words before ._domainkey that providers have for all their customers: Google Workspace (google), Microsoft 365
# (selector1), SendGrid (s1), Mailchimp and Mandrill (k1, mte1), Mailgun (k1, mta, smtp), Brevo (mail, brevo1), Mailjet,
# Resend, Zoho, Fastmail (fm1), Proton, iCloud (sig1), Constant Contact (ctct1), MailerLite (litesrv), Campaign Monitor
# (cm), Hetzner (dkim), cPanel (default). Lists of them: https://help.sendmarc.com (44001891845), https://docs.sentura.io.
# Amazon SES and others make one up for each customer: it has to be set.
SELECTORS = (
    *("google", "selector1", "selector2", "default", "dkim", "mail", "email", "smtp", "mta", "mx"),
    *("s1", "s2", "k1", "k2", "k3", "mte1", "mte2", "mandrill", "pm", "brevo1", "brevo2", "mailjet", "resend"),
    *("zoho", "zmail", "fm1", "fm2", "fm3", "protonmail", "protonmail2", "protonmail3", "sig1"),
    *("ctct1", "ctct2", "litesrv", "cm"),
)
AT_ONCE = 12


def writes_to_others() -> bool:
    """Whether mail leaves this machine: there is a server for it, and a sender that others can answer."""
    return bool(current_app.config["MAIL_SERVER"]) and not is_local(_domain())


def questions() -> list[str]:
    """What to ask about the sender of this site, each for `ask`; nothing while no mail leaves this machine."""
    if not writes_to_others():
        return []
    config, domain = current_app.config, _domain()
    selector = config["MAIL_DKIM_SELECTOR"]
    key = f"{selector}._domainkey.{domain}" if selector else domain
    return [f"spf {domain_of(config['MAIL_BOUNCE_ADDRESS'])}", f"dmarc {domain}", f"dkim {key}"]


def _domain() -> str:
    return domain_of(parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1])


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
    """For the name of a record, or for a domain whose selector nobody set."""
    if "._domainkey." not in name:
        return _any_dkim(name)
    if _has_key(name):
        return Outcome("good", f"there is a key at {name}")
    return Outcome("bad", f"There is no DKIM key at {name}: add the record ({WHICH}), or correct MAIL_DKIM_SELECTOR.")


def _any_dkim(domain: str) -> Outcome:
    """Under the widespread selectors, a few at once. Takes a few times outside.PATIENCE_SECONDS at most."""
    names = [f"{selector}._domainkey.{domain}" for selector in SELECTORS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(names, pool.map(_has_key_or_trouble, names), strict=True))
    if there := next((name for name, has in found.items() if has is True), None):
        return Outcome("good", f"there is a key at {there}")
    if trouble := next((has for has in found.values() if isinstance(has, Unanswered)), None):
        raise trouble
    return Outcome(
        "bad",
        f"No DKIM key of {domain} was found under any usual name. If your mail provider had you add one, set "
        f"MAIL_DKIM_SELECTOR to the word before ._domainkey in its name; if not, add the record ({WHICH}).",
    )


def _has_key_or_trouble(name: str) -> bool | Unanswered:
    try:
        return _has_key(name)
    except Unanswered as trouble:
        return trouble


def _has_key(name: str) -> bool:
    """RFC 6376 §3.6.1; an empty key is one that was taken back, and other records may stand there by a wildcard."""
    tags = (_tags(text) for text in outside.records(name, "TXT"))
    return any(each.get("p") and each.get("v", "DKIM1") == "DKIM1" for each in tags)


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
