"""Several conversations with the mail server, opened side by side and listened to by one thread."""

import logging
import selectors
import time
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

from app.outbox import smtp
from app.outbox.pipelining import Conversation, Reply
from app.outbox.smtp import KeptConnection

log = logging.getLogger(__name__)
LONGEST_PAUSE_SECONDS = 30.0
ASKS_FOR_MORE_AFTER_SECONDS = 30.0


class Conversations:
    """Those that are open. After each failure it waits a little longer before it opens more.

    It is no failure that a server allows fewer than MAIL_CONNECTIONS: it goes on over those, and asks for more later.
    """

    def __init__(self) -> None:
        self.open: list[Conversation] = []
        self.failures = 0
        self._selector = selectors.DefaultSelector()
        self._writing: set[Conversation] = set()
        self._opens_again_at = 0.0
        self._allowed = 0
        self._asks_for_more_at = 0.0

    def open_up_to(self, wanted: int) -> Exception | None:
        """Have `wanted` open, but no more than MAIL_CONNECTIONS or the server allows; the first problem there was."""
        missing = min(wanted, self._most) - len(self.open)
        if missing <= 0 or time.monotonic() < self._opens_again_at:
            return None
        mail = current_app.extensions["mail"]
        with ThreadPoolExecutor(missing) as pool:
            results = list(pool.map(_opened, [KeptConnection(mail) for _ in range(missing)]))
        for result in results:
            if isinstance(result, Conversation):
                self.open.append(result)
                self._selector.register(result.sock, selectors.EVENT_READ, result)
        problem = next((result for result in results if isinstance(result, Exception)), None)
        if problem and self.open:
            self.do_with_those_open(f"{type(problem).__name__}: {problem}")
        return problem

    @property
    def _most(self) -> int:
        configured: int = current_app.config["MAIL_CONNECTIONS"]
        is_limited = self.open and time.monotonic() < self._asks_for_more_at
        return min(configured, self._allowed) if is_limited else configured

    def do_with_those_open(self, words: str) -> None:
        """Ask for no more than are open for a while: the server took, with these `words`, no more than those."""
        if not self._allowed:
            log.info("the mail server allows %s connections at a time just now: %s", len(self.open), words)
        self._allowed = len(self.open)
        self._asks_for_more_at = time.monotonic() + ASKS_FOR_MORE_AFTER_SECONDS

    def note_failure(self) -> None:
        """Something is wrong with the server: give it a moment."""
        self.failures += 1
        pause = min(2.0 ** min(self.failures - 1, 10) / 2, LONGEST_PAUSE_SECONDS)
        self._opens_again_at = time.monotonic() + pause

    def listen(self, seconds: float) -> list[Reply]:
        """What the server says on any of them, waiting so long at most."""
        self._watch_those_that_write()
        replies: list[Reply] = []
        for key, events in self._selector.select(seconds):
            if events & selectors.EVENT_WRITE:
                key.data.write()
            if events & selectors.EVENT_READ:
                replies += key.data.read()
        return replies

    def _watch_those_that_write(self) -> None:
        writing = {conversation for conversation in self.open if conversation.wants_to_write}
        for conversation in writing ^ self._writing:
            if conversation in self.open:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if conversation in writing else 0)
                self._selector.modify(conversation.sock, events, conversation)
        self._writing = writing

    def ended(self) -> list[Conversation]:
        """Those that are over; still to be closed."""
        for conversation in self.open:
            conversation.check_patience()
        return [conversation for conversation in self.open if conversation.ended]

    def hurry(self) -> None:
        """Wait for no answer longer than for most."""
        for conversation in self.open:
            conversation.hurry()

    def end(self, conversation: Conversation, *, politely: bool = False) -> None:
        self._selector.unregister(conversation.sock)
        self.open.remove(conversation)
        conversation.close(politely=politely)

    def close(self) -> None:
        for conversation in list(self.open):
            self.end(conversation, politely=True)
        self._selector.close()


def _opened(connection: KeptConnection) -> Conversation | Exception:
    try:
        patience = {"patience_seconds": smtp.PATIENCE_SECONDS, "end_patience_seconds": smtp.END_PATIENCE_SECONDS}
        return Conversation(connection.configure_host(), **patience)
    except Exception as problem:  # Not only what SMTP and sockets raise: a password may not even be ASCII.
        return problem
