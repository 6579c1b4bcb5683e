"""An issue as it really arrives: who follows what of it, and what the owner learns."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.reading.clicks import IssueLink
from app.newsletter.tasks import fold_clicks, send_issues
from app.people.models import Person
from tests.newsletter.conftest import fresh

SITE = "http://localhost:8000"
TEXT = (
    "Dear {first_name|Doctor},\n\n[the hub]({articles_url}) and [a journal](https://x.example/a?b=1&c=2), "
    "[your topics]({preferences_url})."
)


class Anchors(HTMLParser):
    """The links of a mail: where each leads, and whether anybody sees it."""

    def __init__(self, html):
        super().__init__()
        self.seen, self.hidden = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a":
            is_hidden = re.search(r"display:\s*none", attrs.get("style") or "")
            (self.hidden if is_hidden else self.seen).append(attrs["href"])


@pytest.fixture
def letters(app, mail_server, clock):
    """The HTML part and the plain one of what Ada and Grace got of one issue, by address."""
    for name in ("ada", "grace"):
        person = Person(email=f"{name}@example.org", name=name.title())
        db.session.add(Subscription(person=person, confirmed_at=now()))
    issue = Issue(slug="one", title="One", subject="One", body=TEXT)
    db.session.add(issue)
    db.session.commit()
    issue.schedule(now())
    db.session.commit()
    send_issues.call_local()
    parts = {message["To"].addresses[0].addr_spec: list(message.iter_parts()) for message in mail_server.received}
    return {address: (html.get_content(), text.get_content()) for address, (text, html) in parts.items()}


def counted():
    links = select(IssueLink.url, IssueLink.by_people, IssueLink.by_scanners).where(IssueLink.position > 0)
    return fresh(lambda: [tuple(row) for row in db.session.execute(links.order_by(IssueLink.position))])


def fetch(client, url, browser, address):
    return client.get(
        url.removeprefix(SITE), headers={"User-Agent": browser}, environ_overrides={"REMOTE_ADDR": address}
    )


def test_a_gateway_opens_every_link_of_a_letter_and_a_person_one(client, letters, clock):
    anchors = Anchors(letters["ada@example.org"][0])
    assert len(anchors.hidden) == 1
    for url in (*anchors.seen, *anchors.hidden):
        assert fetch(client, url, "Gateway", "203.0.113.5").status_code in (200, 302, 404)
    clicks = [url for url in anchors.seen if "/newsletter/clicks/" in url]
    answer = fetch(client, clicks[1], "Phone", "198.51.100.7")
    assert (answer.status_code, answer.location) == (302, "https://x.example/a?b=1&c=2")
    clock.advance(minutes=5)
    fold_clicks.call_local()
    assert counted() == [(f"{SITE}/articles/", 0, 1), ("https://x.example/a?b=1&c=2", 1, 1)]
    assert fresh(lambda: [row.state for row in db.session.scalars(select(Subscription))]) == ["active", "active"]


def test_the_links_that_count_are_the_same_in_every_letter_and_in_both_its_parts(letters):
    found = {
        tuple(dict.fromkeys(re.findall(r"/newsletter/clicks/[\w.-]+", part)))
        for html, text in letters.values()
        for part in (re.sub(r"<a [^>]*display:\s*none[^>]*>", "", html), text)
    }
    assert len(found) == 1
    assert len(found.pop()) == 2
    for html, text in letters.values():
        assert "x.example" not in html + text
        assert "/newsletter/preferences/" in html
    preferences = {re.search(r"/newsletter/preferences/[\w.-]+", html)[0] for html, _ in letters.values()}
    assert len(preferences) == 2


def test_what_arrives_holds_no_picture_and_loads_nothing(letters):
    for html, _ in letters.values():
        assert re.findall(r"<(?:img|iframe|object|embed|link|script|video|audio|source)\b|url\(|@import", html) == []
