"""Following a link of an issue, and what is counted of it: for people, for scanners, and nobody told apart."""

import threading

import pytest
from sqlalchemy.exc import IntegrityError

from app import tokens
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.reading import click_views, clicks
from app.newsletter.reading.clicks import CANARY, PURPOSE, Click, IssueLink
from app.newsletter.tasks import fold_clicks
from tests.newsletter.conftest import at_once, fresh

ONE, TWO = "https://x.example/one?a=1&b=2", "https://x.example/two"
HUMAN, SCANNER = "Mozilla/5.0 (iPhone)", "Mozilla/5.0 (compatible; Scanner)"


@pytest.fixture
def issue(app):
    issue = Issue(slug="one", title="One", subject="One", body=f"[One]({ONE}) [two]({TWO})")
    db.session.add(issue)
    db.session.flush()
    IssueLink.write_for(issue)
    db.session.commit()
    return issue


def path(issue, position):
    return f"/newsletter/clicks/{tokens.sign_shared(PURPOSE, [issue.id, position])}"


def follow(client, issue, *positions, browser=HUMAN, address="192.0.2.7", method="get", **headers):
    for position in positions:
        answer = getattr(client, method)(
            path(issue, position),
            headers={"User-Agent": browser, **headers},
            environ_overrides={"REMOTE_ADDR": address},
        )
    return answer


def counted(issue):
    """What the links of the issue came to, hidden one first: by people, by scanners."""
    return fresh(lambda: [(link.by_people, link.by_scanners) for link in IssueLink.of(issue.id)])


def fold(clock):
    clock.advance(minutes=5)
    fold_clicks.call_local()


def kept():
    return fresh(lambda: db.session.query(Click).count())


def test_a_click_leads_on_and_is_counted_some_minutes_later(client, issue, clock):
    answer = follow(client, issue, 1)
    assert (answer.status_code, answer.location) == (302, ONE)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    fold_clicks.call_local()
    assert counted(issue) == [(0, 0), (0, 0), (0, 0)]
    fold(clock)
    assert counted(issue) == [(0, 0), (1, 0), (0, 0)]
    assert kept() == 0


def test_nothing_that_is_kept_tells_who_clicked(client, issue):
    follow(client, issue, 1, address="198.51.100.23", browser="A telling name")
    (click,) = fresh(lambda: list(db.session.execute(db.select(Click.__table__))))
    words = " ".join(map(str, click))
    assert "198.51" not in words
    assert "telling" not in words
    assert Click.__table__.columns.keys() == ["id", "issue_id", "position", "place", "at"]


@pytest.mark.parametrize("order", [(1, CANARY, 2), (CANARY, 1, 2), (1, 2, CANARY)])
def test_a_scanner_that_opens_every_link_is_told_from_a_person(client, issue, clock, order):
    follow(client, issue, *order, browser=SCANNER, address="203.0.113.9")
    follow(client, issue, 2)
    fold(clock)
    assert counted(issue)[1:] == [(0, 1), (1, 1)]
    clock.advance(minutes=6)
    fold_clicks.call_local()
    assert counted(issue)[CANARY] == (0, 1)
    assert kept() == 0


def test_a_scanner_that_comes_from_several_machines_of_one_network_is_one(client, issue, clock):
    follow(client, issue, CANARY, browser=SCANNER, address="203.0.113.9")
    follow(client, issue, 1, browser=SCANNER, address="203.0.113.77")
    fold(clock)
    assert counted(issue)[1] == (0, 1)


def test_a_scanner_that_is_long_at_it_stays_one(client, issue, clock):
    for _ in range(5):
        follow(client, issue, CANARY, 1, browser=SCANNER)
        fold(clock)
    clock.advance(minutes=20)
    fold_clicks.call_local()
    follow(client, issue, 1, browser=SCANNER)
    fold(clock)
    assert counted(issue)[1] == (1, 5)


def test_a_person_behind_the_scanners_network_counts_as_a_person(client, issue, clock):
    follow(client, issue, CANARY, 1, browser=SCANNER)
    follow(client, issue, 1, browser=HUMAN)
    fold(clock)
    assert counted(issue)[1] == (1, 1)


def test_one_place_counts_once_for_each_link_and_again_later(client, issue, clock):
    follow(client, issue, 1, 1, 1, 2)
    fold(clock)
    assert counted(issue)[1:] == [(1, 0), (1, 0)]
    follow(client, issue, 1)
    fold(clock)
    assert counted(issue)[1:] == [(2, 0), (1, 0)]


@pytest.mark.parametrize(
    "looked",
    [{"method": "head"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}],
)
def test_looking_without_reading_is_led_on_and_not_counted(client, issue, looked):
    answer = follow(client, issue, 1, **looked)
    assert (answer.status_code, answer.location) == (302, ONE)
    assert kept() == 0


def test_a_token_leads_where_the_row_says_and_nowhere_else(client, issue):
    good = path(issue, 1).rpartition("/")[2]
    forged = [
        tokens.sign_shared("other", [issue.id, 1]),
        tokens.sign(PURPOSE, [issue.id, 1]),
        tokens.sign_shared(PURPOSE, [issue.id, 9]),
        tokens.sign_shared(PURPOSE, [issue.id + 1, 1]),
        good[:-2],
        f"{good}x",
        f"!{good}",
        "https:%2F%2Fevil.example",
        "x",
        "..",
    ]
    for token in forged:
        answer = client.get(f"/newsletter/clicks/{token}")
        assert (answer.status_code, answer.location) == (404, None), token
    assert client.get(f"{path(issue, 1)}?url=https://evil.example&next=//evil.example").location == ONE


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "/\\evil", "ftp://x", ""])
def test_no_row_leads_anywhere_but_to_a_web_page(app, issue, url):
    db.session.add(IssueLink(issue_id=issue.id, position=7, url=url))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_the_links_of_an_issue_that_is_gone_are_gone(client, issue):
    link = path(issue, 1)
    follow(client, issue, 1)
    db.session.execute(db.delete(Issue))
    db.session.commit()
    assert client.get(link).status_code == 404
    assert kept() == 0


@pytest.mark.parametrize(
    ("of_one_network", "in_all", "expected"), [("3/minute", "9/minute", 6), ("9/minute", "4/minute", 4)]
)
def test_a_flood_is_led_on_and_counted_up_to_a_bound(
    client, issue, limits, monkeypatch, of_one_network, in_all, expected
):
    monkeypatch.setattr(click_views, "PER_NETWORK", of_one_network)
    monkeypatch.setattr(click_views, "IN_ALL", in_all)
    for number in range(12):
        answer = follow(client, issue, 1, browser=f"Robot {number}", address=f"203.0.{number % 2}.{number}")
        assert (answer.status_code, answer.location) == (302, ONE)
    assert kept() == expected


def test_a_click_that_cannot_be_counted_still_leads_on(client, issue, monkeypatch):
    def full(*_):
        raise IntegrityError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(Click, "note", full)
    assert follow(client, issue, 1).location == ONE


def test_two_workers_fold_every_click_once(app, client, issue, clock):
    for number in range(60):
        follow(client, issue, 1, 2, browser=f"Browser {number}")
    follow(client, issue, CANARY, browser="Browser 7")
    clock.advance(minutes=5)
    failures = []

    def work():
        with app.app_context():
            try:
                fold_clicks.call_local()
            except Exception as failure:
                failures.append(failure)

    db.session.rollback()
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert counted(issue)[1:] == [(59, 1), (59, 1)]


def test_thirty_clicks_at_once_from_one_place_are_one(app, issue, clock):
    link = path(issue, 1)
    answers = at_once(app, 30, lambda client, _: client.get(link).status_code)
    assert answers == [302] * 30
    fold(clock)
    assert counted(issue)[1] == (1, 0)


def test_folding_is_done_in_pieces_and_loses_nothing(client, issue, clock, monkeypatch):
    monkeypatch.setattr(clicks, "FOLDED_AT_ONCE", 7)
    for number in range(20):
        follow(client, issue, 1, browser=f"Browser {number}")
    fold(clock)
    assert counted(issue)[1] == (20, 0)
