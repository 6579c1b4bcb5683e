"""The site under the real server, started with the Procfile's own line."""

import re
import shlex
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.processes import ROOT, start, stop, wait_until
from tests.smtp_server import free_port

STALLED = (
    "POST /pages/form HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 1000\r\n\r\na=b"
)


class Server:
    """A web process, and plain requests to it."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = free_port()
        settings = {"PORT": str(self.port), "DATABASE_URL": database_url, "INSTANCE_PATH": str(folder)}
        line = re.search(r"^web: (.+)$", (ROOT / "Procfile").read_text(), re.M)[1]
        command = re.sub(r"\S+:app$", "tests.web.wsgi:app", line)
        self.log = folder / "web.log"
        self.process = start(["sh", "-c", f"exec {command}"], settings, self.log)
        wait_until(self.answers, 30, f"an answer from {shlex.quote(command)}")

    def answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, dict, bytes]:
        connection = HTTPConnection("localhost", self.port, timeout=5)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=names)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def say(self, words: str) -> socket.socket:
        line = socket.create_connection(("localhost", self.port), timeout=5)
        line.sendall(words.encode())
        return line

    @contextmanager
    def said_by_many(self, words: str, count: int) -> Iterator[list[socket.socket]]:
        with ExitStack() as lines:
            yield [lines.enter_context(self.say(words)) for _ in range(count)]


@pytest.fixture(scope="module")
def running_server(database_url, tmp_path_factory):
    server = Server(database_url, tmp_path_factory.mktemp("server"))
    yield server
    stop(server.process, signal.SIGKILL)


@pytest.fixture
def server(app, running_server):
    """One for all tests that leave it running; starting it takes longer than most of them."""
    return running_server


@pytest.fixture
def own_server(app, database_url, tmp_path):
    server = Server(database_url, tmp_path)
    yield server
    stop(server.process, signal.SIGKILL)


@pytest.fixture
def two_servers(app, database_url, tmp_path):
    servers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        servers.append(Server(database_url, tmp_path / name))
    yield servers
    for server in servers:
        stop(server.process, signal.SIGKILL)


def test_a_change_shows_in_every_process_within_a_second(two_servers, publish):
    assert not any(b"news" in server.get("/pages/links")[2] for server in two_servers)
    publish("news")
    wait_until(lambda: all(b"news" in server.get("/pages/links")[2] for server in two_servers), 10, "the news")


def test_stored_answers_come_over_the_wire_as_they_should(server):
    for _ in range(2):
        status, headers, body = server.get("/pages/links", Accept_Encoding="br")
        assert (status, headers["content-encoding"], int(headers["content-length"])) == (200, "br", len(body))
    assert server.get("/pages/links", Accept_Encoding="br", If_None_Match=headers["etag"])[0::2] == (304, b"")
    status, named, body = server.get("/pages/links", "HEAD", Accept_Encoding="br")
    assert (status, named["content-length"], body) == (200, headers["content-length"], b"")
    assert server.get("/static/css/site.css")[0] == 200
    assert not re.search(r"\d", headers["server"])  # No version.


def test_too_large_a_body_is_refused_without_waiting_for_it(server):
    with server.say("POST /pages/form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\nxxx") as line:
        assert b" 413 " in line.recv(100)
    chunk = b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000)
    with server.say("POST /pages/form HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n") as line:
        for _ in range(6):
            line.sendall(chunk)
        assert b" 413 " in line.recv(100)


@pytest.mark.parametrize(
    ("words", "count"),
    [("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", 300), (STALLED, 40)],
    ids=["slow headers", "slow bodies"],
)
def test_slow_clients_hold_up_nobody(server, words, count):
    with server.said_by_many(words, count):
        time.sleep(0.5)
        # At once, as visitors come: in a burst Granian 2.8 now and then starts a thread too few, which its next request
        # makes up for; one by one, a reader could be the one who waits for the next.
        with ThreadPoolExecutor() as readers:
            answers = readers.map(server.get, ("/pages/links", "/pages/personal", "/pages/links", "/readyz"))
            assert [status for status, _, _ in answers] == [200] * 4
        body, kind = b"a=b", "application/x-www-form-urlencoded"
        assert server.get("/pages/form", "POST", body, Content_Type=kind)[0] == 200


def test_more_stalled_senders_than_there_is_room_for_are_turned_away(server):
    statuses: Counter[bytes] = Counter()
    with server.said_by_many(STALLED, 230) as lines:
        time.sleep(1)
        for path in ("/pages/links", "/pages/personal", "/readyz"):
            assert server.get(path)[0] == 200
        for line in lines:
            line.settimeout(0.01)
            try:
                statuses[line.recv(100)[9:12]] += 1
            except TimeoutError:
                statuses[b"waiting"] += 1
    assert statuses[b"503"] > 0
    assert statuses[b"waiting"] >= 40
    wait_until(lambda: server.get("/pages/form", "POST", b"")[0] == 200, 5, "room for senders")


def test_a_stalled_sender_does_not_keep_the_site_from_stopping(own_server):
    with own_server.say(STALLED):
        time.sleep(0.5)
        stop(own_server.process, signal.SIGTERM, within_seconds=15)
