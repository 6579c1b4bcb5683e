"""Whether links lead anywhere, asked without letting anybody steer the site into its own network."""

import time

import pytest

from app import asking, outside
from app.newsletter.checking import link_asking
from app.newsletter.checking.link_asking import ask
from tests.smtp_server import free_port


def at(web, path="/", host="shop.example.org"):
    return f"http://{host}:{web.port}{path}"


@pytest.fixture(autouse=True)
def letter():
    """No site is needed here."""


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, "good") for status in (200, 204, 304)),
        *((status, "bad") for status in (404, 410, 500, 502)),
        *((status, "unsure") for status in (400, 401, 403, 429, 503, 999)),
    ],
)
def test_what_a_status_means(web, status, verdict):
    web.answers["/page"] = status
    outcome = ask(at(web, "/page"))
    assert outcome.verdict == verdict
    if verdict != "good":
        assert str(status) in outcome.words


def test_head_is_enough_where_it_is_answered_and_get_has_the_last_word(web):
    web.answers |= {"/fine": 200, "/no-head": 200}
    web.to_head["/no-head"] = 405
    assert ask(at(web, "/fine")).verdict == ask(at(web, "/no-head")).verdict == "good"
    assert [(method, path) for method, _, path in web.asked] == [
        ("HEAD", "/fine"),
        ("HEAD", "/no-head"),
        ("GET", "/no-head"),
    ]
    assert {host for _, host, _ in web.asked} == {f"shop.example.org:{web.port}"}


def test_redirects_are_followed_to_their_end_and_not_for_ever(web):
    web.answers |= {"/a": (301, "/b?x=1"), "/b?x=1": (302, at(web, "/c")), "/c": 200}
    web.answers |= {"/gone": (308, "/nowhere"), "/loop": (302, "/loop"), "/out": (302, "ftp://example.org/")}
    assert ask(at(web, "/a")).verdict == "good"
    assert ask(at(web, "/gone")).verdict == "bad"
    assert ask(at(web, "/out")).verdict == "bad"
    web.asked.clear()
    assert ask(at(web, "/loop")).verdict == "unsure"
    assert len(web.asked) == link_asking.MOST_REDIRECTS + 1


def test_a_site_that_is_not_there_is_bad_and_one_that_nobody_knows_of_unsure(web, name_server, monkeypatch):
    assert ask(at(web, host="nowhere.example.org")).verdict == "bad"
    closed = free_port()
    monkeypatch.setattr(asking, "PORTS", frozenset({closed}))
    assert ask(f"http://shop.example.org:{closed}/").verdict == "bad"
    name_server.is_ill = True
    assert ask(at(web)).verdict == "unsure"


def test_name_servers_that_keep_silent_are_not_waited_for(web, name_server, monkeypatch):
    monkeypatch.setattr(outside, "PATIENCE_SECONDS", 0.1)
    name_server.is_silent = True
    began = time.monotonic()
    assert ask(at(web)).verdict == "unsure"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"],
)
def test_private_addresses_are_never_asked(web, name_server, monkeypatch, address):
    monkeypatch.setattr(asking, "INSIDE_ALLOWED", ())
    name_server.records["sly.example.org", "A"] = [address]
    for host in (address, "sly.example.org"):
        outcome = ask(at(web, host=host))
        assert outcome.verdict == "unsure"
        assert "private" in outcome.words
    assert web.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *("::1", "::ffff:127.0.0.1", "fe80::1", "fc00::1", "64:ff9b::7f00:1", "::", "ff02::1", "2002:7f00:1::"),
        *("fec0::1", "64:ff9b:1::a9fe:a9fe", "::169.254.169.254", "::ffff:0:127.0.0.1"),
    ],
)
def test_neither_are_those_of_the_newer_kind(web, name_server, monkeypatch, address):
    monkeypatch.setattr(asking, "INSIDE_ALLOWED", ())
    name_server.records["sly.example.org", "AAAA"] = [address]
    for host in (f"[{address}]", "sly.example.org"):
        assert "private" in ask(at(web, host=host)).words
    assert web.asked == []


def test_one_private_address_among_public_ones_is_one_too_many(web, name_server, monkeypatch):
    monkeypatch.setattr(asking, "INSIDE_ALLOWED", ())
    name_server.records["sly.example.org", "A"] = ["192.0.43.8", "127.0.0.1"]
    assert "private" in ask(at(web, host="sly.example.org")).words


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost"])
def test_odd_spellings_of_this_machine_lead_nowhere(web, host):
    assert ask(at(web, host=host)).verdict == "bad"
    assert web.asked == []


def test_a_redirect_inside_is_not_followed(web, name_server):
    web.answers["/"] = (302, f"http://sly.example.org:{web.port}/secret")
    name_server.records["sly.example.org", "A"] = ["127.0.0.2"]
    assert "private" in ask(at(web)).words
    assert [path for _, _, path in web.asked] == ["/"]


def test_what_was_looked_at_is_what_is_asked_though_the_name_moves(web, name_server, monkeypatch):
    web.answers["/"] = 200
    # The first look is at the server that may be asked; a second one would lead elsewhere.
    name_server.records["rebinding.example.org", "A"] = [["127.0.0.1"], ["127.0.0.2"]]
    assert ask(at(web, host="rebinding.example.org")).verdict == "good"
    assert name_server.asked.count(("rebinding.example.org", "A")) == 1


def test_only_the_ports_of_the_web_are_asked(web, monkeypatch):
    monkeypatch.setattr(asking, "PORTS", frozenset({80, 443}))
    assert "port" in ask(at(web)).words
    assert web.asked == []


def test_a_server_that_drips_for_ever_is_left_within_the_time_given(web, monkeypatch):
    monkeypatch.setattr(link_asking, "PATIENCE_SECONDS", 0.1)
    began = time.monotonic()
    assert ask(at(web, "/slow")).verdict == "unsure"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("url", ["https://", "http://[::1", "http://exa mple.org/", "http://a..b/", "http://x:99999/"])
def test_what_is_no_address_is_bad(web, url):
    assert ask(url).verdict == "bad"


def test_many_are_asked_at_once(web):
    urls = [at(web, f"/{number}") for number in range(20)]
    web.answers |= {f"/{number}": 200 for number in range(19)}
    outcomes = link_asking.ask_all(urls, "http://localhost:8000")
    assert [outcomes[url].verdict for url in urls] == ["good"] * 19 + ["bad"]


def test_a_certificate_that_browsers_refuse_is_bad(web, tmp_path):
    web.answers["/"] = 200
    web.use_tls(tmp_path)
    outcome = ask(at(web).replace("http:", "https:"))
    assert outcome.verdict == "bad"
    assert "warn" in outcome.words


def test_a_certificate_of_which_a_part_is_left_out_is_left_to_the_owner(web, tmp_path):
    web.answers["/"] = 200
    web.use_tls(tmp_path, leaves_out_issuer=True)
    outcome = ask(at(web).replace("http:", "https:"))
    assert outcome.verdict == "unsure"
    assert "certificate" in outcome.words
