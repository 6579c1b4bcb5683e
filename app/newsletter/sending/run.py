"""Sending one issue from one worker: several conversations with the mail server, driven by one thread.

The ledger comes first. A delivery is marked as in hand, and that is committed, before the server gets the message;
what the server answers is committed with the next ones that are taken in hand. Whoever is killed in between leaves at
most one message in hand on each conversation, which goes again under the same Message-ID.
"""

import logging
import smtplib
import time
from collections import deque

from app.clock import now
from app.extensions import db
from app.newsletter.issues import progress
from app.newsletter.returned import bounces
from app.newsletter.sending.claiming import FEWEST_CLAIMED, Claims
from app.newsletter.sending.deliveries import Delivery, bounce_keys
from app.newsletter.sending.ledger import Claimed, DatabaseAway, Ledger, Outcome
from app.newsletter.sending.messages import PreparedMessage
from app.outbox import smtp
from app.outbox.conversations import Conversations
from app.outbox.delivery import Deliverer
from app.outbox.models import HeaderInjection
from app.outbox.pace import Places
from app.outbox.pipelining import Conversation, Envelope, Reply

log = logging.getLogger(__name__)
LOOKS_UP_EVERY_SECONDS = 0.5
DATABASE_AWAY_SECONDS = 60
SAYS_WELL_EVERY_SECONDS = 10
SILENCE = "The mail server was given letters, and has not said for a while whether it takes them."
LOGIN_REFUSED = (530, 534, 535, 538)  # RFC 4954 §6.


class Sending:
    """One issue's run in this process; ends when nothing more is due, or when it may not go on."""

    def __init__(self, issue_id: int, message: PreparedMessage, deliverer: Deliverer) -> None:
        """No transaction may be open: the ledger writes on a connection of its own."""
        self._issue_id, self._message, self._deliverer = issue_id, message, deliverer
        self._ledger = Ledger(issue_id, deliverer.worker_id)
        self._claims = Claims(self._ledger)
        self._bounce_key = bounce_keys()
        self._sender = bounces.envelope_sender("~").split("~")
        self._places = Places.under_the_ceiling()
        self._conversations = Conversations()
        self._waiting: deque[Claimed] = deque()
        self._under_way: dict[int, Claimed] = {}
        self._offered_again: set[int] = set()
        self._may_go_on = True
        self._says_well_at = 0.0
        self._heard_at = time.monotonic()

    def run(self) -> None:
        """Send what is due. Never raises for anything the server or the network does."""
        try:
            self._go_on()
        finally:  # Whatever happened, the answers to what is in hand are heard and written down.
            try:
                self._finish_what_is_in_hand()
            finally:
                self._conversations.close()
                self._ledger.close()

    def _go_on(self) -> None:
        while self._goes_on:
            self._claim()
            if not (self._waiting or self._under_way):
                break
            self._keep_conversations_open()
            self._offer()
            replies = self._listen()
            self._tell_of_silence(replies)
            self._settle(replies)

    @property
    def _goes_on(self) -> bool:
        return self._may_go_on and not self._deliverer.stopping.is_set()

    def _claim(self) -> None:
        while len(self._waiting) < FEWEST_CLAIMED and not self._claims.are_at_an_end:
            self._waiting.extend(self._claims.next(time.monotonic()))

    def _keep_conversations_open(self) -> None:
        if problem := self._conversations.open_up_to(len(self._waiting) + len(self._under_way)):
            # A server that cannot look a password up just now says so in the four hundreds (RFC 4954 §6).
            if isinstance(problem, smtplib.SMTPAuthenticationError) and problem.smtp_code >= 500:
                self._pause(
                    f"The mail server refuses the log-in ({problem.smtp_code}): look at MAIL_USERNAME and its kin."
                )
            self._note_trouble_unless_it_goes_on(f"{type(problem).__name__}: {problem}")
        if not self._conversations.open:
            self._let_go_of_all()

    def _let_go_of_all(self) -> None:
        """While nothing can go, people move and their quiet hours begin: claim anew when it can."""
        self._ledger.give_back()
        self._waiting.clear()
        self._claims = Claims(self._ledger)

    def _note_trouble_unless_it_goes_on(self, words: str) -> None:
        """Nothing goes to the server any more: tell the owner, and give it a moment."""
        if self._conversations.open:
            return
        self._conversations.note_failure()
        progress.note_trouble(self._issue_id, words)
        db.session.commit()
        log.warning("issue %s: the mail server is unwell: %s", self._issue_id, words)

    def _offer(self) -> None:
        for conversation in self._conversations.open:
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
        if not self._conversations.open:
            self._deliverer.stopping.wait(LOOKS_UP_EVERY_SECONDS)
            return []
        may_offer = self._waiting and any(conversation.is_idle for conversation in self._conversations.open)
        wait = self._places.seconds_to_next() if may_offer else LOOKS_UP_EVERY_SECONDS
        return self._conversations.listen(min(wait, LOOKS_UP_EVERY_SECONDS))

    def _tell_of_silence(self, replies: list[Reply]) -> None:
        """A server may take minutes over what it was given. The owner should know why nothing moves."""
        has_some = any(conversation.in_hand is not None for conversation in self._conversations.open)
        if replies or not has_some:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > smtp.PATIENCE_SECONDS:
            progress.note_trouble(self._issue_id, SILENCE)
            db.session.commit()
            self._says_well_at = 0.0

    def _settle(self, replies: list[Reply]) -> None:
        outcomes = [self._outcome(reply) for reply in replies if reply.stage != "ready"]
        outcomes += self._outcomes_of_ended_conversations()
        ready = [conversation for conversation in self._conversations.open if conversation.ready is not None]
        if outcomes or ready:
            numbers = [conversation.ready for conversation in ready if conversation.ready is not None]
            taken = self._write(outcomes, numbers if self._goes_on else [])
            for conversation in ready:
                self._hand_over(conversation, taken)

    def _write(self, outcomes: list[Outcome], ready: list[int]) -> set[int]:
        """What came of messages, and what is handed over next. Gives which of `ready` may be."""
        taken = self._write_in_any_case(outcomes, ready)
        if any(outcome.kind == "sent" for outcome in outcomes):
            self._say_it_goes_well()
        if len(taken) < len(ready) or self._conversations.failures or any(each.kind != "sent" for each in outcomes):
            self._look_up([outcome for outcome in outcomes if outcome.has_failed])
        return taken

    def _say_it_goes_well(self) -> None:
        """Take back what any worker said of trouble, now and then: one that has died cannot do it itself."""
        if self._conversations.failures or time.monotonic() >= self._says_well_at:
            self._conversations.failures = 0
            self._says_well_at = time.monotonic() + SAYS_WELL_EVERY_SECONDS
            progress.note_trouble(self._issue_id, "")
            db.session.commit()

    def _look_up(self, failed: list[Outcome]) -> None:
        """Whether it may go on at all, now that something did not go as it should."""
        if failed:
            progress.pause_if_too_many_fail(self._issue_id)
        self._may_go_on &= progress.may_go_on(self._issue_id)
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
            self._conversations.end(conversation)

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
        self._offered_again.discard(reply.key)
        if reply.stage == "accepted":
            return Outcome(claimed, "sent", reply.words)
        if reply.code in LOGIN_REFUSED:
            self._pause(f"The mail server refuses to take mail from us: {reply.words}")
            return Outcome(claimed, "later", reply.words)
        kind = "failed" if 500 <= reply.code < 600 else "later"
        return Outcome(claimed, kind, reply.words, at_recipient=reply.stage == "recipient")

    def _outcomes_of_ended_conversations(self) -> list[Outcome]:
        """A message in hand may have arrived or not: it goes again. What was not handed over goes elsewhere, once: some
        servers end every conversation after so many messages, and some for a recipient.
        """
        outcomes = []
        ended = self._conversations.ended()
        for conversation in ended:
            if conversation.in_hand is not None:
                kind = "unanswered" if conversation.is_in_doubt else "later"
                outcomes.append(Outcome(self._under_way.pop(conversation.in_hand), kind, conversation.ended))
            if conversation.offered is not None:
                claimed = self._under_way.pop(conversation.offered)
                was_busy = conversation.accepted or conversation.in_hand is not None
                if was_busy and conversation.offered not in self._offered_again:
                    self._offered_again.add(conversation.offered)
                    self._waiting.appendleft(claimed)
                else:
                    outcomes.append(Outcome(claimed, "later", conversation.ended))
            self._conversations.end(conversation)
        # Some servers end every conversation after so many messages. That is no trouble.
        if unwell := [conversation for conversation in ended if not conversation.accepted]:
            if self._conversations.open:
                self._conversations.do_with_those_open(unwell[0].ended)
            self._note_trouble_unless_it_goes_on(unwell[0].ended)
        return outcomes

    def _pause(self, reason: str) -> None:
        self._may_go_on = False
        progress.pause_for(self._issue_id, reason)
        db.session.commit()
        log.error("issue %s is paused: %s", self._issue_id, reason)

    def _finish_what_is_in_hand(self) -> None:
        """Hear what the server says of the messages it was given; give it nothing more."""
        self._may_go_on = False
        self._conversations.hurry()
        while any(conversation.in_hand is not None for conversation in self._conversations.open):
            self._settle(self._listen())


def _draw_conclusions(failed: list[Outcome]) -> None:
    """Suppress addresses that the server says do not exist."""
    for outcome in failed:
        if delivery := db.session.get(Delivery, outcome.claimed.recipient.delivery_id):
            bounces.refused(delivery, outcome.words, at_recipient=outcome.at_recipient)
        db.session.commit()
