"""Sending one issue from one worker: several conversations with the mail server, driven by one thread.

The ledger comes first. A delivery is marked as in hand, and that is committed, before the server gets the message;
what the server answers is committed with the next ones that are taken in hand. Whoever is killed in between leaves at
most one message in hand on each conversation, which goes again under the same Message-ID.
"""

import logging
import selectors
import smtplib
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from flask import current_app

from app.clock import now
from app.extensions import db
from app.followups import daily
from app.newsletter import bounces, quiet_hours
from app.newsletter.deliveries import Delivery, bounce_keys
from app.newsletter.issues import Issue
from app.newsletter.ledger import Claimed, DatabaseAway, Ledger, Outcome
from app.newsletter.messages import PreparedMessage, Recipient
from app.outbox.delivery import Deliverer
from app.outbox.models import HeaderInjection
from app.outbox.pace import Places
from app.outbox.pipelining import Conversation, Envelope, Reply
from app.outbox.smtp import PATIENCE_SECONDS, KeptConnection

log = logging.getLogger(__name__)
# Few at first, so that a short list is shared by the workers, and more as it goes on.
FEWEST_CLAIMED, MOST_CLAIMED = 100, 800
LOOKS_UP_EVERY_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
DATABASE_AWAY_SECONDS = 60
LOGIN_REFUSED = (530, 534, 535, 538)  # RFC 4954 §6.


class Sending:
    """One issue's run in this process; ends when nothing more is due, or when it may not go on."""

    def __init__(self, issue_id: int, message: PreparedMessage, deliverer: Deliverer) -> None:
        """No transaction may be open: the ledger writes on a connection of its own."""
        self._issue_id, self._message, self._deliverer = issue_id, message, deliverer
        self._ledger = Ledger(issue_id, deliverer.worker_id)
        self._bounce_key = bounce_keys()
        self._sender = bounces.envelope_sender("~").split("~")
        self._places = Places.under_the_ceiling()
        self._selector = selectors.DefaultSelector()
        self._open: list[Conversation] = []
        self._writing: set[Conversation] = set()
        self._waiting: deque[Claimed] = deque()
        self._under_way: dict[int, Claimed] = {}
        self._claims = FEWEST_CLAIMED
        self._all_claimed = False
        self._may_go_on = True
        self._opens_again_at = 0.0
        self._failed_openings = 0

    def run(self) -> None:
        """Send what is due. Never raises for anything the server or the network does."""
        try:
            while self._goes_on:
                self._claim()
                if not (self._waiting or self._under_way):
                    break
                self._keep_conversations_open()
                self._offer()
                self._settle(self._listen())
            self._finish_what_is_in_hand()
        finally:
            for conversation in list(self._open):
                self._close(conversation)
            self._selector.close()
            self._ledger.close([*(each.recipient.delivery_id for each in self._waiting), *self._under_way])

    @property
    def _goes_on(self) -> bool:
        return self._may_go_on and not self._deliverer.stopping.is_set()

    def _claim(self) -> None:
        while not self._all_claimed and len(self._waiting) <= FEWEST_CLAIMED // 5:
            rows = self._ledger.claim(self._claims)
            self._claims = min(2 * self._claims, MOST_CLAIMED)
            self._all_claimed = not rows
            self._waiting.extend(self._those_who_may_be_disturbed(rows))

    def _those_who_may_be_disturbed(self, rows: list[Any]) -> list[Claimed]:
        """Of the claimed, those in no quiet hours, and who had no other letter today. The rest is put off."""
        a_day_ago = now() - daily.A_DAY
        letters = daily.marketed_since([row[1] for row in rows], a_day_ago)
        db.session.commit()
        issues = self._ledger.had_another(rows, a_day_ago)
        due = {}
        for row in rows:
            if row[1] in letters or row.subscription_id in issues or row.quiet_from_hour is not None:
                last = max(letters.get(row[1], a_day_ago), issues.get(row.subscription_id, a_day_ago))
                due[row.id] = _end_of_quiet_hours(row, max(last + daily.A_DAY, now()))
        due = {number: moment for number, moment in due.items() if moment > now()}
        if due:
            self._ledger.put_off(due, {row.id: row.attempts for row in rows})
        return [Claimed(Recipient(*row[:5]), row[5]) for row in rows if row[0] not in due]

    # Conversations.

    def _keep_conversations_open(self) -> None:
        """Have as many as there is work for, opened side by side; wait a little longer after each failure."""
        wanted = min(current_app.config["MAIL_CONNECTIONS"], len(self._waiting) + len(self._under_way))
        missing = wanted - len(self._open)
        if missing <= 0 or time.monotonic() < self._opens_again_at:
            return
        mail = current_app.extensions["mail"]
        with ThreadPoolExecutor(missing) as pool:
            results = list(pool.map(_opened, [KeptConnection(mail) for _ in range(missing)]))
        for result in results:
            if isinstance(result, Conversation):
                self._open.append(result)
                self._selector.register(result.sock, selectors.EVENT_READ, result)
        if failures := [result for result in results if isinstance(result, Exception)]:
            self._note_failed_opening(failures[0])

    def _note_failed_opening(self, problem: Exception) -> None:
        words = f"{type(problem).__name__}: {problem}"
        if isinstance(problem, smtplib.SMTPAuthenticationError):
            self._pause(
                f"The mail server refuses the log-in ({problem.smtp_code}). Check MAIL_USERNAME and MAIL_PASSWORD."
            )
        self._trip(words)

    def _trip(self, words: str) -> None:
        """Something is wrong with the server: tell the owner, and give it a moment."""
        self._failed_openings += 1
        pause = min(2.0 ** min(self._failed_openings - 1, 10) / 2, LONGEST_PAUSE_SECONDS)
        self._opens_again_at = time.monotonic() + pause
        Issue.note_trouble(self._issue_id, words)
        db.session.commit()
        log.warning("issue %s: the mail server is unwell: %s", self._issue_id, words)

    def _close(self, conversation: Conversation, *, politely: bool = True) -> None:
        self._selector.unregister(conversation.sock)
        self._open.remove(conversation)
        conversation.close(politely=politely)

    def _offer(self) -> None:
        for conversation in self._open:
            if conversation.is_idle and (envelope := self._next_envelope()):
                conversation.offer(envelope)

    def _next_envelope(self) -> Envelope | None:
        """That of the delivery that is next, if one may go now."""
        if not (self._goes_on and self._waiting) or self._places.seconds_to_next() > 0:
            return None
        self._places.take()
        claimed = self._waiting.popleft()
        key = claimed.recipient.delivery_id
        self._under_way[key] = claimed
        return Envelope(key, f"{self._sender[0]}{self._bounce_key(key)}{self._sender[1]}", claimed.recipient.address)

    def _listen(self) -> list[Reply]:
        replies: list[Reply] = []
        self._watch_those_that_write()
        for key, events in self._selector.select(self._longest_wait()):
            if events & selectors.EVENT_WRITE:
                key.data.write()
            if events & selectors.EVENT_READ:
                replies += key.data.read()
        return replies

    def _watch_those_that_write(self) -> None:
        writing = {conversation for conversation in self._open if conversation.wants_to_write}
        for conversation in writing ^ self._writing:
            if conversation in self._open:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if conversation in writing else 0)
                self._selector.modify(conversation.sock, events, conversation)
        self._writing = writing

    def _longest_wait(self) -> float:
        if not self._open:
            self._deliverer.stopping.wait(LOOKS_UP_EVERY_SECONDS)
            return 0.0
        if self._waiting and any(conversation.is_idle for conversation in self._open):
            return min(self._places.seconds_to_next(), LOOKS_UP_EVERY_SECONDS)
        return LOOKS_UP_EVERY_SECONDS

    # What came of it.

    def _settle(self, replies: list[Reply]) -> None:
        outcomes = [self._outcome(reply) for reply in replies if reply.stage != "ready"]
        outcomes += self._outcomes_of_ended_conversations()
        ready = [conversation for conversation in self._open if conversation.ready is not None]
        if outcomes or ready:
            numbers = [conversation.ready for conversation in ready if conversation.ready is not None]
            taken = self._write(outcomes, numbers if self._goes_on else [])
            for conversation in ready:
                self._hand_over(conversation, taken)

    def _write(self, outcomes: list[Outcome], ready: list[int]) -> set[int]:
        """What came of messages, and what is handed over next. Gives which of `ready` may be."""
        taken = self._write_in_any_case(outcomes, ready)
        failed = [outcome for outcome in outcomes if outcome.kind == "failed"]
        if len(taken) < len(ready) or failed or self._failed_openings:
            self._look_up(outcomes, failed)
        return taken

    def _look_up(self, outcomes: list[Outcome], failed: list[Outcome]) -> None:
        """Whether it may go on at all, now that something did not go as it should, or does again."""
        if failed:
            Issue.pause_if_too_many_fail(self._issue_id)
        if self._failed_openings and any(outcome.kind == "sent" for outcome in outcomes):
            self._failed_openings = 0
            Issue.note_trouble(self._issue_id, "")
        self._may_go_on &= Issue.may_go_on(self._issue_id)
        db.session.commit()
        _draw_conclusions(failed)

    def _write_in_any_case(self, outcomes: list[Outcome], ready: list[int]) -> set[int]:
        """Tried again while the database is away: written twice, it changes nothing."""
        for _ in range(DATABASE_AWAY_SECONDS):
            try:
                return self._ledger.write(outcomes, ready)
            except DatabaseAway:
                log.warning("issue %s: the database does not answer; trying again", self._issue_id)
                time.sleep(1)
        return self._ledger.write(outcomes, ready)

    def _hand_over(self, conversation: Conversation, taken: set[int]) -> None:
        key = conversation.ready
        assert key is not None  # noqa: S101 - it is asked for those that are ready.
        message = self._message_for(key) if key in taken else None
        if message:
            conversation.hand_over(message, self._next_envelope())
        else:
            # The server waits for a message: there is no way back but to end the conversation.
            self._under_way.pop(key)
            self._close(conversation, politely=False)

    def _message_for(self, key: int) -> bytes | None:
        """The bytes; none, and the delivery has failed, when the recipient's own parts cannot stand in a header."""
        claimed = self._under_way[key]
        try:
            return self._message.bytes_for(claimed.recipient, now())
        except HeaderInjection as problem:
            self._write([Outcome(claimed, "failed", f"not sent: {problem}")], [])
            return None

    def _outcome(self, reply: Reply) -> Outcome:
        claimed = self._under_way.pop(reply.key)
        if reply.stage == "accepted":
            return Outcome(claimed, "sent", reply.words)
        if reply.code in LOGIN_REFUSED:
            self._pause(f"The mail server refuses to take mail from us: {reply.words}")
            return Outcome(claimed, "later", reply.words)
        kind = "failed" if 500 <= reply.code < 600 else "later"
        return Outcome(claimed, kind, reply.words, at_recipient=reply.stage == "recipient")

    def _outcomes_of_ended_conversations(self) -> list[Outcome]:
        """A message in hand may have arrived or not: it goes again. What was not handed over goes elsewhere."""
        outcomes = []
        for conversation in self._open:
            conversation.check_patience()
        ended = [conversation for conversation in self._open if conversation.ended]
        for conversation in ended:
            if conversation.in_hand is not None:
                outcomes.append(Outcome(self._under_way.pop(conversation.in_hand), "later", conversation.ended))
            if conversation.offered is not None:
                self._waiting.appendleft(self._under_way.pop(conversation.offered))
            self._close(conversation, politely=False)
        # Some servers end every conversation after so many messages. That is no trouble.
        if unwell := [conversation for conversation in ended if not conversation.accepted]:
            self._trip(unwell[0].ended)
        return outcomes

    def _pause(self, reason: str) -> None:
        self._may_go_on = False
        Issue.pause_for(self._issue_id, reason)
        db.session.commit()
        log.error("issue %s is paused: %s", self._issue_id, reason)

    def _finish_what_is_in_hand(self) -> None:
        """Hear what the server says of the messages it was given; give it nothing more."""
        while any(conversation.in_hand is not None for conversation in self._open):
            self._settle(self._listen())


def _end_of_quiet_hours(row: Any, moment: datetime) -> datetime:
    """When the recipient may be disturbed, from `moment` on."""
    if row.quiet_from_hour is None:
        return moment
    return quiet_hours.end_of(moment, row.quiet_from_hour, row.quiet_to_hour, row.time_zone) or moment


def _draw_conclusions(failed: list[Outcome]) -> None:
    """Suppress addresses that the server says do not exist."""
    for outcome in failed:
        if delivery := db.session.get(Delivery, outcome.claimed.recipient.delivery_id):
            bounces.refused(delivery, outcome.words, at_recipient=outcome.at_recipient)
        db.session.commit()


def _opened(connection: KeptConnection) -> Conversation | Exception:
    try:
        return Conversation(connection.configure_host(), patience_seconds=PATIENCE_SECONDS)
    except Exception as problem:  # Not only what SMTP and sockets raise: a password may not even be ASCII.
        return problem
