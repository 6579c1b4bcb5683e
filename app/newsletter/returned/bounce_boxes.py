"""Where mail that came back is read from: a Maildir, a mailbox over IMAP, or one mail at a time.

Each mail is handled and committed first and marked afterwards: what two workers read at the same moment, or one reads
again after a crash, changes nothing the second time (app.newsletter.returned.bounces).
"""

import imaplib
import logging
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy.exc import InterfaceError, OperationalError

from app.extensions import db
from app.newsletter.returned import bounce_mail

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 20
OTHER, MALFORMED = "other", "malformed"
# A keyword of our own (RFC 3501 §2.3.2), so that a mail for a human stays unread, and is looked at once.
KEYWORD = "BouncesLookedAt"
# What was read of a mailbox by this process: not every server keeps a keyword of ours, or says that it does not.
_read: dict[tuple[str, bytes], set[str]] = {}

Tally = Counter[str]


class UnreachableMailbox(Exception):
    """The mailbox could not be read. The message says why, without the password."""


def take_in(raw: bytes, name: str, *, keeps: bool = True) -> str:
    """Handle one mail and commit: what it was, as bounce_mail.handle says, or OTHER, or MALFORMED.

    `name` is for the log, and so is whether the mail `keeps` lying where it came from. A database that is away is
    raised: the mail must be tried again.
    """
    rest = ", and is kept" if keeps else ""
    try:
        what = bounce_mail.handle(raw)
        db.session.commit()
    except (OperationalError, InterfaceError):
        db.session.rollback()
        raise
    except bounce_mail.Malformed as problem:
        db.session.rollback()
        log.warning("mail %s cannot be read%s: %s", name, rest, problem)
        return MALFORMED
    except Exception:  # A mail that nobody foresaw must not hold up those behind it.
        db.session.rollback()
        log.exception("mail %s could not be handled%s", name, rest)
        return MALFORMED
    if what:
        log.info("mail %s: %s", name, what)
    return what or OTHER


def read_maildir(folder: Path) -> Tally:
    """Read what is new in a Maildir. Everything goes to cur: as seen what was handled, as flagged what is malformed."""
    tally = Tally()
    for path in sorted((folder / "new").iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        with suppress(FileNotFoundError):  # Another worker was faster.
            with path.open("rb") as file:
                raw = file.read(bounce_mail.LONGEST_MAIL + 1)
            what = take_in(raw, path.name)
            flag = {OTHER: "", MALFORMED: "F"}.get(what, "S")
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,{flag}")
            tally[what] += 1
    return tally


def read_imap(url: str) -> Tally:
    """Read what is unread in a mailbox. Only what was handled is marked as read. Raises UnreachableMailbox."""
    tally = Tally()
    try:
        with _mailbox(url) as mailbox:
            _, [found] = mailbox.uid("SEARCH", "UNSEEN", "UNKEYWORD", KEYWORD)
            unread = (found or b"").decode().split()
            read = _read_before(url, mailbox, unread)
            for uid in unread:
                if uid in read or (raw := _fetched(mailbox, uid)) is None:
                    continue
                what = take_in(raw, f"IMAP {uid}")
                _mark(mailbox, uid, {OTHER: KEYWORD, MALFORMED: f"{KEYWORD} \\Flagged"}.get(what, "\\Seen"))
                read.add(uid)
                tally[what] += 1
    except (imaplib.IMAP4.error, OSError, ValueError) as problem:
        raise UnreachableMailbox(f"{type(problem).__name__}: {problem}") from None
    return tally


@contextmanager
def _mailbox(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: imaplib.IMAP4
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        connection = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=PATIENCE_SECONDS)
    else:
        connection = imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE_SECONDS)
    try:
        connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
        answer, [words] = connection.select(f'"{unquote(parts.path[1:]) or "INBOX"}"')
        if answer != "OK":
            raise UnreachableMailbox(f"the mailbox does not open: {words!r}")
        yield connection
    finally:
        try:
            connection.logout()
        except (imaplib.IMAP4.error, OSError):
            connection.shutdown()


def _mark(mailbox: imaplib.IMAP4, uid: str, flag: str) -> None:
    try:
        answer, _ = mailbox.uid("STORE", uid, "+FLAGS.SILENT", f"({flag})")
    except imaplib.IMAP4.abort:  # The connection ended.
        raise
    except imaplib.IMAP4.error:
        answer = "BAD"
    if answer != "OK":
        log.warning(
            "mail IMAP %s was read, but the mailbox takes no mark %s: it is read again after a restart", uid, flag
        )


def _read_before(url: str, mailbox: imaplib.IMAP4, unread: list[str]) -> set[str]:
    """Which of the `unread` mails this process has read, to be added to."""
    _, [validity] = mailbox.response("UIDVALIDITY")  # With another, numbers are given out anew (RFC 3501 §2.3.1.1).
    place = url, validity or b""
    _read[place] = _read.get(place, set()).intersection(unread)
    return _read[place]


def _fetched(mailbox: imaplib.IMAP4, uid: str) -> bytes | None:
    """The mail, not marked as read by it, and not more of it than is read; None when it is gone."""
    _, answer = mailbox.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bounce_mail.LONGEST_MAIL + 1}>)")
    found: list[Any] = [part for part in answer if isinstance(part, tuple)]
    return found[0][1] if found else None
