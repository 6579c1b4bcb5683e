"""The settings of mail: how it goes out, and where what comes back is read."""

import math
import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from app import environment
from app.environment import SettingError

SHORTEST_WEBHOOK_PASSWORD = 16
EXAMPLE_TOPIC = "arn:aws:sns:us-east-1:123456789012:bounces"
SNS_TOPIC = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):sns:(?P<region>[a-z]{2}(-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_.-]+"
)
# With the longest tag of ours and a plus sign between them it makes 64, the most a mail server takes before the @ (RFC
# 5321 §4.5.3.1.1).
LONGEST_BOUNCE_NAME = 28


def going_out(environ: Mapping[str, str]) -> dict[str, Any]:
    use_ssl, use_tls = environment.flag(environ, "MAIL_USE_SSL", "0"), environment.flag(environ, "MAIL_USE_TLS", "0")
    if use_ssl and use_tls:
        raise SettingError("MAIL_USE_SSL and MAIL_USE_TLS are both on: use SSL for port 465, TLS for 587.")
    return {
        "MAIL_SERVER": environ.get("MAIL_SERVER") or None,
        "MAIL_PORT": environment.port(environ, "MAIL_PORT", "465" if use_ssl else "587" if use_tls else "25"),
        "MAIL_USERNAME": environ.get("MAIL_USERNAME") or None,
        "MAIL_PASSWORD": environ.get("MAIL_PASSWORD") or None,
        "MAIL_USE_TLS": use_tls,
        "MAIL_USE_SSL": use_ssl,
        "MAIL_DEFAULT_SENDER": _sender(environ),
        "MAIL_BOUNCE_ADDRESS": _bounce_address(environ),
        "MAIL_DKIM_SELECTOR": _dkim_selector(environ),
        "MAIL_RATE_PER_SECOND": _rate(environ),
        "MAIL_CONNECTIONS": environment.number(environ, "MAIL_CONNECTIONS", "4", least=1),
        "MAIL_SUPPRESS_SEND": False,
    }


def coming_back(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "BOUNCE_IMAP_URL": _imap_url(environ),
        "BOUNCE_MAILDIR": environ.get("BOUNCE_MAILDIR") or None,
        "SES_TOPIC_ARN": _topic(environ),
        "POSTMARK_WEBHOOK_LOGIN": _webhook_login(environ),
    }


def _sender(environ: Mapping[str, str]) -> str:
    sender = environ.get("MAIL_DEFAULT_SENDER") or "The Developing Doctor <hello@localhost>"
    if "@" not in parseaddr(sender)[1] or re.search(r"[\r\n]", sender):
        raise SettingError(f"MAIL_DEFAULT_SENDER is {sender!r}: write it as Name <address@example.org>.")
    return sender


def _bounce_address(environ: Mapping[str, str]) -> str:
    address = environ.get("MAIL_BOUNCE_ADDRESS") or parseaddr(_sender(environ))[1]
    if not re.fullmatch(rf"[A-Za-z0-9._-]{{1,{LONGEST_BOUNCE_NAME}}}@[A-Za-z0-9.-]+", address):
        raise SettingError(
            f"MAIL_BOUNCE_ADDRESS is {address!r}: give a plain address like bounces@example.org, with at most "
            f"{LONGEST_BOUNCE_NAME} characters before the @ (a tag is added to them)."
        )
    return address


def _imap_url(environ: Mapping[str, str]) -> str | None:
    if not (url := environ.get("BOUNCE_IMAP_URL")):
        return None
    wanted = re.fullmatch(r"(imaps?)://[^:@/\s]+:[^:@/\s]+@([A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[^\s\"\\\\]*)?", url)
    if wanted is None:
        # It holds a password, so it is not shown.
        raise SettingError(
            "BOUNCE_IMAP_URL is not like imaps://user:password@imap.example.org/INBOX: in user and password, write "
            "what is no letter or digit as %40 and the like."
        )
    if wanted[1] == "imap" and wanted[2] not in ("localhost", "127.0.0.1"):
        raise SettingError("BOUNCE_IMAP_URL begins with imap://, which sends the password in the clear: use imaps://.")
    return url


def _dkim_selector(environ: Mapping[str, str]) -> str | None:
    if not (selector := environ.get("MAIL_DKIM_SELECTOR")):
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", selector):
        raise SettingError(
            f"MAIL_DKIM_SELECTOR is {selector!r}: give the word before ._domainkey in your mail provider's DKIM record."
        )
    return selector


def _topic(environ: Mapping[str, str]) -> str | None:
    topic = environ.get("SES_TOPIC_ARN") or None
    if topic and not SNS_TOPIC.fullmatch(topic):
        raise SettingError(f"SES_TOPIC_ARN is {topic!r}: copy it from Amazon SNS, like {EXAMPLE_TOPIC}.")
    return topic


def _webhook_login(environ: Mapping[str, str]) -> str | None:
    login = environ.get("POSTMARK_WEBHOOK_LOGIN") or None
    if login and not re.fullmatch(rf"[!-9;-~]+:[!-~]{{{SHORTEST_WEBHOOK_PASSWORD},}}", login):
        raise SettingError(
            "POSTMARK_WEBHOOK_LOGIN is not like user:password with a password of at least "
            f"{SHORTEST_WEBHOOK_PASSWORD} characters, none of them a space."
        )
    return login


def _rate(environ: Mapping[str, str]) -> float | None:
    if not (value := environ.get("MAIL_RATE_PER_SECOND")):
        return None
    return environment.parsed(
        "MAIL_RATE_PER_SECOND", value, float, "a number above 0, such as 10", lambda rate: 0 < rate < math.inf
    )
