"""A mailbox on loopback that speaks as much IMAP (RFC 3501) as reading bounces takes, and misbehaves when told to."""

import re
import socketserver
import threading
from typing import Any


class Mailbox:
    """Mails with their flags, by number; `url` is where it is read. `hang_up_at` names a command it ends at.

    `says_to_keywords` is its answer, and all that comes of it, to a flag that is not one of the system's.
    """

    def __init__(self) -> None:
        self.mails: dict[int, tuple[bytes, set[str]]] = {}
        self.hang_up_at, self.says_to_keywords, self.validity = "", "", 1
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Talk", (_Talk,), {"mailbox": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"imap://bounces%40example.org:pass%2Fword@127.0.0.1:{self._server.server_address[1]}/INBOX"

    def put(self, raw: bytes) -> int:
        number = len(self.mails) + 1
        self.mails[number] = raw, set()
        return number

    def flags(self, number: int) -> set[str]:
        return self.mails[number][1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Talk(socketserver.StreamRequestHandler):
    mailbox: Mailbox

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            if self.mailbox.hang_up_at and self.mailbox.hang_up_at in command:
                return
            self._say(f"{tag} {self._answer(command)}")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _answer(self, command: str) -> str:
        verbs: dict[str, Any] = {"UID SEARCH": self._search, "UID FETCH": self._fetch, "UID STORE": self._store}
        for verb, act in verbs.items():
            if command.startswith(verb):
                return act(command) or "OK done"
        if command.startswith("CAPABILITY"):
            self._say("* CAPABILITY IMAP4rev1")
        if command.startswith("LOGIN") and command != 'LOGIN bounces@example.org "pass/word"':
            return "NO wrong password"
        if command.startswith("SELECT"):
            self._say(f"* {len(self.mailbox.mails)} EXISTS")
            self._say(f"* OK [UIDVALIDITY {self.mailbox.validity}] valid")
            return "OK [READ-WRITE] open" if command == 'SELECT "INBOX"' else "NO there is no such mailbox"
        return "OK done"

    def _search(self, command: str) -> None:
        keyword = command.split()[-1]
        unread = [number for number, (_, flags) in self.mailbox.mails.items() if not flags & {"\\Seen", keyword}]
        self._say(" ".join(["* SEARCH", *map(str, unread)]))

    def _fetch(self, command: str) -> None:
        number, most = map(int, re.search(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command).groups())  # type: ignore[union-attr]
        raw = self.mailbox.mails[number][0][:most]
        self._say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(raw)}}}")
        self.wfile.write(raw)
        self._say(")")

    def _store(self, command: str) -> str | None:
        found = re.search(r"STORE (\d+) \+FLAGS\.SILENT \((.*)\)", command)
        assert found
        if self.mailbox.says_to_keywords and not found[2].startswith("\\"):
            return self.mailbox.says_to_keywords
        self.mailbox.flags(int(found[1])).update(found[2].split())
        return None
