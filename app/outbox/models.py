import random
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    and_,
    delete,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.clock import now
from app.extensions import Model, db
from app.people.models import Person

FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=2)
FLEETING_FOR = timedelta(days=3)
HEARTBEAT = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=30)
LONGEST_SUBJECT = 250
IN_DOUBT = "given to the mail server twice, which never said that it has it: it may have arrived"
TOO_LATE = "too late: by now it would say what is not so any more"
WITHDRAWN = "withdrawn: no letters go to this reader any more"
WITHDRAWN_FOR = (WITHDRAWN, TOO_LATE)
# The header of a mail that says something for a while only, of what else may change: by it, it is taken back.
ENTITY = "X-Entity-Ref-ID"
FLEETING = text("is_fleeting")
UNDECIDED = text("sent_at IS NULL AND failed_at IS NULL")
FAILED = text("failed_at IS NOT NULL")


_BREAKS = re.compile("[\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# At the beginning of a line it is the file's own: a text that is folded goes on after a space (RFC 5545 §3.1).
_METHOD = re.compile(r"^METHOD:([A-Z]+)\r$", re.MULTILINE)


# What other rooms do when workers are gone: make due again what those held, by the workers' numbers.
WHEN_GONE: list[Callable[[list[str]], None]] = []


class HeaderInjection(ValueError):
    """A header would have held a line break, and with it a header nobody meant."""


class Worker(Model):
    """A process that delivers. Its heartbeat tells a message in hand from one whose worker has died."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    seen_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def alive(cls) -> list["Worker"]:
        return list(db.session.scalars(select(cls).where(cls.seen_at > now() - DEAD_AFTER)))

    @classmethod
    def beat(cls, worker_id: str, host: str, pid: int) -> None:
        """Say that this worker lives; a new row when it was buried too early (a suspended machine)."""
        db.session.merge(cls(id=worker_id, host=host, pid=pid, seen_at=now()))

    @classmethod
    def retire(cls, worker_id: str) -> None:
        """Forget a worker that stops; whatever it had to leave is due again."""
        cls._forget([worker_id])

    @classmethod
    def bury(cls, *, host: str | None = None, pids: list[int] | None = None) -> None:
        """Forget workers whose heartbeat stopped, and those of `host` known to be gone; what they held is due again."""
        gone = cls.seen_at <= now() - DEAD_AFTER
        if host and pids:
            gone = or_(gone, and_(cls.host == host, cls.pid.in_(pids)))
        cls._forget(list(db.session.scalars(select(cls.id).where(gone))))
        held_by_nobody = Email.claimed_by.is_not(None) & Email.claimed_by.not_in(select(cls.id))
        db.session.execute(update(Email).where(held_by_nobody).values(claimed_by=None))

    @classmethod
    def _forget(cls, worker_ids: list[str]) -> None:
        if worker_ids:
            for let_go in WHEN_GONE:
                let_go(worker_ids)
            db.session.execute(delete(cls).where(cls.id.in_(worker_ids)))


class Email(Model):
    """One message to one address, whole: what was written is what is sent, at every attempt."""

    __table_args__ = (
        CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="one_outcome"),
        Index("ix_email_due", "due_at", postgresql_where=UNDECIDED, sqlite_where=UNDECIDED),
        Index("ix_email_fleeting", "id", postgresql_where=FLEETING, sqlite_where=FLEETING),
        Index("ix_email_failed", "id", postgresql_where=FAILED, sqlite_where=FAILED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    template: Mapped[str] = mapped_column(String(120))
    to_address: Mapped[str] = mapped_column(String(254), index=True)
    to_name: Mapped[str] = mapped_column(String(120), default="")
    # Who it comes from, where that is not the name in MAIL_DEFAULT_SENDER.
    from_name: Mapped[str] = mapped_column(String(120), default="")
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    body: Mapped[str]
    html: Mapped[str]
    headers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # A calendar file that goes with it, letter for letter.
    calendar: Mapped[str] = mapped_column(default="")
    message_id: Mapped[str] = mapped_column(String(250), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    # How often the server had all of it and did not say whether it keeps it.
    unanswered: Mapped[int] = mapped_column(SmallInteger, default=0)
    first_tried_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(32), index=True)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_answer: Mapped[str] = mapped_column(default="")
    # From then on what it says is not so any more, and it is not sent.
    expires_at: Mapped[datetime | None]
    # Deleted once it is sent or given up: the last word to somebody who is erased, or about them.
    is_fleeting: Mapped[bool] = mapped_column(default=False)
    person: Mapped[Person | None] = relationship()

    @validates("to_address", "to_name", "from_name", "subject", "message_id")
    def _one_line(self, name: str, value: str) -> str:
        return single_line(name, value)

    @validates("headers")
    def _one_line_each(self, _: str, headers: dict[str, str]) -> dict[str, str]:
        return {single_line("header", name): single_line(name, value) for name, value in headers.items()}

    @validates("calendar")
    def _names_its_method(self, _: str, calendar: str) -> str:
        if calendar and not _METHOD.search(calendar):
            raise ValueError("a calendar file without a METHOD: mail programs do not know what to do with it")
        return calendar

    @property
    def calendar_method(self) -> str:
        """What its calendar file asks for, such as "REQUEST" (RFC 5546); empty without one."""
        found = _METHOD.search(self.calendar)
        return found[1] if found else ""

    @property
    def state(self) -> str:
        """ "sent", "failed", "withdrawn", "sending", "retrying" or "waiting"."""
        if self.sent_at:
            return "sent"
        if self.failed_at:
            return "withdrawn" if self.last_answer in WITHDRAWN_FOR else "failed"
        if self.claimed_by:
            return "sending"
        return "retrying" if self.attempts else "waiting"

    @classmethod
    def is_due(cls) -> Any:
        """The condition under which a row may be handed to the mail server now."""
        still_so = or_(cls.expires_at.is_(None), cls.expires_at > now())
        return and_(cls._waits(), cls.due_at <= now(), still_so)

    @classmethod
    def _waits(cls) -> Any:
        return and_(cls.sent_at.is_(None), cls.failed_at.is_(None), cls.claimed_by.is_(None))

    @classmethod
    def claim_next(cls, worker_id: str) -> "Email | None":
        """The message longest due, marked as in hand of this worker. Nobody else gets it. Commit before sending."""
        longest_due = select(cls.id).where(cls.is_due()).order_by(cls.due_at).limit(1).with_for_update(skip_locked=True)
        if (candidate := db.session.scalar(longest_due)) is None:
            return None
        email = db.session.get_one(cls, candidate, populate_existing=True)
        email.claimed_by = worker_id
        return email

    @classmethod
    def claimed_now(cls, worker_id: str) -> set[int]:
        """Which messages this worker claimed. They stay as they are until the caller's transaction ends; those whose
        outcome is being written down just now are left out.
        """
        claimed = select(cls.id).where(cls.claimed_by == worker_id)
        return set(db.session.scalars(claimed.with_for_update(skip_locked=True)))

    @classmethod
    def release(cls, ids: set[int]) -> None:
        """Make these messages due again, that were claimed."""
        db.session.execute(update(cls).where(cls.id.in_(ids)).values(claimed_by=None))

    @classmethod
    def withdraw_letters(cls, person: Person) -> None:
        """Take back what waits for `person` and nobody needs: mail that carries a way off the list.

        One that is in hand of a worker goes out: the mail server may have it already.
        """
        is_letter = cls.headers["List-Unsubscribe"].as_string().is_not(None)
        db.session.execute(
            update(cls)
            .where(cls.person_id == person.id, cls._waits(), is_letter)
            .values(failed_at=now(), last_answer=WITHDRAWN)
            .execution_options(synchronize_session="fetch")
        )

    @classmethod
    def expire_about(cls, entity: str) -> None:
        """What was not sent yet about an `entity`, by the header of that name, is not so any more.

        One that is in hand of a worker may go out, and is not tried again.
        """
        about = cls.headers[ENTITY].as_string() == entity
        db.session.execute(
            update(cls)
            .where(cls.sent_at.is_(None), cls.failed_at.is_(None), about)
            .values(expires_at=now())
            .execution_options(synchronize_session="fetch")
        )

    def mark_sent(self) -> None:
        self.sent_at, self.claimed_by, self.last_answer = now(), None, "accepted"
        self.attempts += 1

    def mark_failed(self, answer: str) -> None:
        """The server refused for good, or patience ran out; `answer` is in its words."""
        self.failed_at, self.claimed_by, self.last_answer = now(), None, answer
        self.attempts += 1

    def try_again_later(self, answer: str) -> None:
        """Put off with growing delay and jitter; given up two days after the first try."""
        self.first_tried_at = self.first_tried_at or now()
        if now() - self.first_tried_at >= GIVE_UP_AFTER:
            return self.mark_failed(answer)
        self.due_at = next_try_after(self.attempts)
        self.claimed_by, self.last_answer = None, answer
        self.attempts += 1
        return None

    def doubt(self, answer: str) -> None:
        """The server has all of it, and did not say whether it keeps it. It goes once more, under the same number."""
        if self.unanswered:
            return self.mark_failed(IN_DOUBT)
        self.unanswered += 1
        return self.try_again_later(answer)

    @classmethod
    def forget_fleeting(cls) -> None:
        """Delete what was not to be kept: what is sent or given up, and what found no mail server in all the time."""
        has_ended = or_(cls.sent_at.is_not(None), cls.failed_at.is_not(None))
        too_old = and_(cls.claimed_by.is_(None), cls.created_at < now() - FLEETING_FOR)
        db.session.execute(delete(cls).where(cls.is_fleeting, or_(has_ended, too_old)))

    @classmethod
    def give_up_expired(cls) -> None:
        """Note of what waited too long that it is not sent any more."""
        expired = update(cls).where(cls._waits(), cls.expires_at <= now())
        db.session.execute(expired.values(failed_at=now(), last_answer=TOO_LATE))

    @property
    def may_be_sent_again(self) -> bool:
        """Whether it failed; what was withdrawn or came too late is not for the owner to send after all."""
        return self.state == "failed"

    def send_again(self) -> None:
        """Give a failed message a fresh start, at the owner's wish, under the same Message-ID."""
        self.failed_at, self.first_tried_at, self.due_at, self.unanswered = None, None, now(), 0


def next_try_after(attempts: int) -> datetime:
    """When a message is tried again that was put off after so many attempts before: later each time, with jitter."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(attempts, 12), LONGEST_WAIT)
    return now() + wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret.


def single_line(name: str, value: str) -> str:
    """`value` as it is, if a header can hold it. Raises HeaderInjection."""
    if _BREAKS.search(value):
        raise HeaderInjection(f"{name} holds a line break")
    return value
