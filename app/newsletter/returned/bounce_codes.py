"""What a mail server's refusal says about an address: that it is no good, that it is out of order, or nothing.

A basic code of three digits says how final the answer is and what it answers (RFC 5321 §4.2.1). An enhanced status
code, such as 5.1.1, says why: its middle number names the subject, its last the detail (RFC 3463 §3; RFC 5248).
"""

import re
from typing import Literal

Kind = Literal["hard", "soft", ""]

_BASIC = re.compile(r"(?<![\d.])([245]\d\d)(?=[ -]|$)")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# 5.1.1 no such mailbox, 5.1.2 no such domain, 5.1.3 no address at all, 5.1.6 moved away (RFC 3463 §3.2), 5.1.10 a
# domain that takes no mail (RFC 7505 §4.2); 5.2.1 the mailbox is switched off (RFC 3463 §3.3).
_HARD = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
# 1.7 to 1.9 the sender's address; 2.3 and 3.4 too large a message; 5.x a conversation that went wrong, 6.x what is in
# the message, 7.x security and policy, such as a block list (RFC 3463 §3.2 to §3.8). None of it is the reader's doing.
_NOT_THE_ADDRESS = frozenset({(1, 7), (1, 8), (1, 9), (2, 3), (3, 4)})
_NOT_THE_ADDRESS_AT_ALL = frozenset({5, 6, 7})
_UNSAID = 0  # "Other or undefined": it says no more than the basic code does.
# 550 no mailbox, 551 not here, 553 no such name (RFC 5321 §4.2.2): of an address only as an answer to RCPT. A server
# refuses for any reason with them, so that nobody is given up whose server has other words for it.
_BASIC_HARD = frozenset({"550", "551", "553"})
_SAYS_NO_MAILBOX = re.compile(
    r"unknown|no such|not exist|n't exist|not found|unrouteable|undeliverable|invalid|inactive|disabled|not local|"
    r"(mailbox|address|user|recipient|account) (is )?(unavailable|rejected|not (a )?(known|available|valid|listed))|"
    r"no (mailbox|user|recipient|account)",
    re.IGNORECASE,
)
_BASIC_FULL = "552"
# Servers block with a bare 550 too, or with the code of a mailbox that is no good, and say so in words alone.
_SAYS_BLOCKED = re.compile(
    r"spam|black ?list|block(ed|ing)? ?list|dnsbl|\brbl\b|blocked|polic(y|ies)|reputation|\bspf\b|\bdkim\b|\bdmarc\b|"
    r"relay(ing)? (access )?denied|not permitted to relay|unable to relay|authenticat",
    re.IGNORECASE,
)
# Gmail says 5.2.1 of a mailbox that gets too much mail at once ("Gmail SMTP errors and codes").
_SAYS_BUSY = re.compile(r"receiving mail\s+(at a rate|too quickly)", re.IGNORECASE)
# An answer names addresses, and what stands in one is no word of the server's.
_ADDRESS = re.compile(r"\S+@\S+")


def classify(answer: str, at_recipient: bool) -> Kind:
    """What a refusal says about the address: "hard", never write again; "soft", perhaps another time; "" nothing.

    `answer` is in the server's words and begins with or holds its codes, such as "550 5.1.1 User unknown".
    `at_recipient` tells whether it answered RCPT, before the server had seen any of the message.
    """
    kind = _by_codes(answer, at_recipient)
    if kind == "hard" and _SAYS_BUSY.search(answer):
        return "soft"
    return "" if kind == "hard" and _says_blocked(answer) else kind


def _by_codes(answer: str, at_recipient: bool) -> Kind:
    if enhanced := _ENHANCED.search(answer):
        severity, subject, detail = (int(number) for number in enhanced.groups())
        if detail != _UNSAID or subject == 7:
            return _by_enhanced_code(severity, subject, detail)
    if (basic := _BASIC.search(answer)) is None:
        return _by_enhanced_code(*(int(number) for number in enhanced.groups())) if enhanced else ""
    return _by_basic_code(basic[1], answer, at_recipient)


def _by_enhanced_code(severity: int, subject: int, detail: int) -> Kind:
    if severity == 2 or (subject, detail) in _NOT_THE_ADDRESS or subject in _NOT_THE_ADDRESS_AT_ALL:
        return ""
    return "hard" if severity == 5 and (subject, detail) in _HARD else "soft"


def _by_basic_code(code: str, answer: str, at_recipient: bool) -> Kind:
    if code.startswith("2") or _says_blocked(answer):
        return ""
    if code.startswith("4") or code == _BASIC_FULL:
        return "soft"
    if not at_recipient or code not in _BASIC_HARD:
        return ""
    words = _ADDRESS.sub("", answer)
    return "hard" if _SAYS_NO_MAILBOX.search(words) or not re.search("[a-z]", words, re.IGNORECASE) else "soft"


def _says_blocked(answer: str) -> bool:
    return _SAYS_BLOCKED.search(_ADDRESS.sub("", answer)) is not None
