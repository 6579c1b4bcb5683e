"""How other servers are asked: what is read of their answer, and for how long."""

import socket
import threading
import time
from http.client import IncompleteRead

import pytest

from app import asking
from app.asking import Patience, TooLong

LONG, SHORT = Patience(5, 5), Patience(0.5, 0.3)


def get(url, patience=LONG, most_bytes=1000):
    return asking.ask(asking.look_at(url), "GET", {}, patience, most_bytes=most_bytes)


@pytest.fixture
def at(web):
    return lambda path: f"http://shop.example.org:{web.port}{path}"


def test_a_body_is_read_where_it_was_asked_for(web, at):
    web.answers["/"], web.bodies["/"] = 200, b"words"
    assert get(at("/")).body == b"words"
    assert get(at("/"), most_bytes=0).body == b""


def test_a_body_is_read_to_its_limit_and_no_further(web, at):
    web.answers["/"], web.bodies["/"] = 200, b"w" * 1000
    assert len(get(at("/")).body) == 1000
    web.bodies["/"] += b"w"
    with pytest.raises(TooLong):
        get(at("/"))


def test_a_body_of_which_a_part_never_comes_is_none(web, at):
    web.answers["/"], web.bodies["/"], web.headers = 200, b"words", {"Content-Length": "6"}
    with pytest.raises(IncompleteRead):
        get(at("/"))


def test_a_redirect_is_given_back_and_not_followed(web, at):
    web.answers["/"], web.bodies["/"] = (302, "http://127.0.0.2/"), b"words"
    assert get(at("/")) == (302, "http://127.0.0.2/", b"")
    assert len(web.asked) == 1


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_server_that_drips_is_left_though_it_never_keeps_silent(web, at, path):
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        get(at(path), SHORT)
    assert time.monotonic() - began < 2


def test_so_is_one_that_drips_while_tls_begins(web, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(asking, "PORTS", frozenset({port}))
        threading.Thread(target=drip_a_handshake, args=(server,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            get(f"https://shop.example.org:{port}/", SHORT)
        assert time.monotonic() - began < 2


def drip_a_handshake(server):
    """A byte now and then of a TLS record that is long in coming."""
    connection, _ = server.accept()
    with connection:
        try:
            connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xf0")
            for _ in range(250):
                connection.sendall(b"\0")
                time.sleep(0.02)
        except OSError:
            pass
