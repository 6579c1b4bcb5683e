"""The addresses in an issue, exchanged on its way out: all that are the same for everybody, and no others."""

import re
from html import unescape

import pytest
from markupsafe import Markup

from app import markdown
from app.extensions import db
from app.newsletter.issues.composing import compose
from app.newsletter.issues.links import FoundLinks, Links, exchange_in_html, exchange_in_text, leads_to_a_page
from app.newsletter.issues.models import Issue
from app.newsletter.reading.clicks import IssueLink
from app.newsletter.sending.messages import Values
from app.urls import absolute_url

SITE = "http://localhost:8000"


class Shouted(Links):
    canary = "https://canary.example.org/x?a=1&b=2"

    def exchanged(self, url):
        return f"{url}#!<&>"


def shout(url):
    return f"{url}#!"


def issue_with(**fields):
    issue = Issue(title="Issue one", **{"slug": "one", "subject": "Hello", "body": "Words.", **fields})
    db.session.add(issue)
    db.session.flush()
    return issue


def filled(issue, links=None):
    values = {field: f"{SITE}/newsletter/{field}/token" for field in ("browser_url", "preferences_url")}
    _, text, html = compose(issue, links).filled(
        values | {"unsubscribe_url": f"{SITE}/newsletter/unsubscribe/token", "first_name": "Ada"}
    )
    return text, html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://x.example/a?b=1&amp;c=2">x</a>', '<a href="https://x.example/a?b=1&amp;c=2#!">x</a>'),
        ('<a title="a > b" href="http://x.example">x</a>', '<a title="a > b" href="http://x.example#!">x</a>'),
        ('<a\n class="card"\n href="https://x.example" title="href=y">x</a>',
         '<a\n class="card"\n href="https://x.example#!" title="href=y">x</a>'),
        ('<A HREF="HTTPS://x.example">x</A>', '<A HREF="HTTPS://x.example#!">x</A>'),
    ],
)  # fmt: skip
def test_links_to_pages_are_exchanged_in_html(html, expected):
    assert exchange_in_html(Markup(html), shout) == expected


@pytest.mark.parametrize(
    "html",
    [
        "https://x.example in words",
        '<a title="&quot; href=&quot;https://x.example" href="/y">x</a>',
        '<a data-href="https://x.example">x</a>',
        '<area href="https://x.example"><img src="https://x.example">',
        *(f'<a href="{url}">x</a>' for url in ("mailto:a@x.example", "#y", "/y", "//evil.example", "javascript:x")),
    ],
)
def test_all_else_in_html_is_left_alone(html):
    assert exchange_in_html(Markup(html), shout) == html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Read this (https://x.example/a).", "Read this (https://x.example/a#!)."),
        ("Read https://x.example/a_(b), then", "Read https://x.example/a_(b)#!, then"),
        ("<http://x.example/?a=1&b=2>", "<http://x.example/?a=1&b=2#!>"),
        ("https://x.example/a\\_b", "https://x.example/a_b#!"),
        ("https://x.example/ü and more", "https://x.example/%C3%BC#! and more"),
        ("to mailto:a@x.example, xhttps://y", "to mailto:a@x.example, xhttps://y"),
    ],
)
def test_addresses_are_exchanged_in_plain_text(text, expected):
    assert exchange_in_text(text, shout) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "//evil.example", "https:/x", "https://x\\@evil.example", "data:text/html,x"),
        *("https://x.example/\nSet-Cookie:a", "https://x/" + "a" * 2000),
    ],
)
def test_what_is_no_web_address_leads_nowhere(url):
    assert not leads_to_a_page(url)


def test_both_parts_lead_to_the_same_places(app):
    body = (
        "[One](https://x.example/a_b__c?d=1&e=2), **https://y.example/z**, <https://z.example>, [hub]({hub_url}),\n\n"
        '[titled](https://t.example "a > b"), [two][2]\n\n[2]: https://two.example/ü'
    )
    found = FoundLinks()
    compose(issue_with(body=body), found)
    assert sorted(found.urls) == [
        f"{SITE}/hubs/leadership-mentorship", "https://t.example", "https://two.example/%C3%BC",
        "https://x.example/a_b__c?d=1&e=2", "https://y.example/z", "https://z.example",
    ]  # fmt: skip


def test_what_is_the_recipients_own_is_left_alone_and_so_is_the_frame(app):
    body = "[mine]({preferences_url}) [mine too](https://x.example/?n={first_name}) [all](https://y.example)"
    text, html = filled(issue_with(body=body), Shouted())
    for part in (text, html):
        assert f"{SITE}/newsletter/preferences_url/token" in part
        assert f"{SITE}/newsletter/unsubscribe/token" in part
        assert "https://x.example/?n=Ada" in part
        assert "x.example/?n=Ada#" not in part
        assert part.count("#!") == 1
    assert [unescape(url) for url in re.findall(r'href="(https://y[^"]*)"', html)] == ["https://y.example#!<&>"]
    assert "https://y.example#!<&>" in text


def test_the_hidden_link_is_seen_by_nobody(app):
    text, html = filled(issue_with(), Shouted())
    (canary,) = re.findall(r"<a [^>]*canary[^>]*>[^<]*</a>", html)
    assert re.search(r"display:\s*none", canary)
    for attribute in (
        'href="https://canary.example.org/x?a=1&amp;b=2"',
        'aria-hidden="true"',
        'tabindex="-1"',
        'rel="nofollow"',
    ):
        assert attribute in canary
    assert canary.endswith("></a>")
    assert "canary" not in text
    assert "canary" not in filled(issue_with(slug="two"))[1]


def test_a_mail_holds_no_picture_but_the_owners(app):
    issue = issue_with(
        cover="https://x.example/cover.png", cover_alt="A path", body="![A tree](https://x.example/tree.png)"
    )
    IssueLink.write_for(issue)
    _, html = filled(issue, IssueLink.for_issue(issue))
    assert re.findall(r'<img[^>]*src="([^"]*)"', html) == ["https://x.example/cover.png", "https://x.example/tree.png"]
    assert re.findall(r"url\(|background=|<link|<iframe|<object|@import", html) == []


def test_what_counts_is_the_same_for_every_recipient_and_every_time(app, clock):
    issue = issue_with(body="[One](https://x.example/one) and [two](https://x.example/two)")
    IssueLink.write_for(issue)
    first = compose(issue, IssueLink.for_issue(issue))
    clock.advance(days=3)
    again = compose(issue, IssueLink.for_issue(issue))
    ada = Values(issue).of(1, clock.time, "Ada")
    grace = Values(issue).of(2, clock.time, "Grace")
    counted = [re.findall(r"/newsletter/clicks/([\w.-]+)", first.filled(ada)[2]),
               re.findall(r"/newsletter/clicks/([\w.-]+)", again.filled(grace)[2])]  # fmt: skip
    assert counted[0] == counted[1]
    assert len(set(counted[0])) == 3
    assert "x.example/one" not in "".join(first.filled(ada))


def test_what_was_kept_stays_as_it_was(app):
    issue = issue_with(body="[One](https://x.example/one)")
    IssueLink.write_for(issue)
    issue.body = "[Two](https://x.example/two)"
    IssueLink.write_for(issue)
    assert [link.url for link in IssueLink.of(issue.id)] == [absolute_url("hub.home"), "https://x.example/one"]
    assert "https://x.example/two" in filled(issue, IssueLink.for_issue(issue))[0]


def test_marks_in_an_address_are_no_emphasis():
    assert markdown.plain("**https://x.example/a__b_** _c_ [d](https://y.example/_e_)") == (
        "https://x.example/a__b c d (https://y.example/_e_)"
    )
