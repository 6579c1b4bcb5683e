"""Past issues on the site: who may read which, and what of them."""

import json
from datetime import timedelta
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from app.clock import now
from app.extensions import db
from app.hub.models import Video
from app.newsletter.issues import progress
from app.newsletter.issues.models import Issue, WrongMoment
from app.newsletter.issues.pictures import Picture
from app.newsletter.reading import archive
from app.newsletter.reading.clicks import IssueLink
from app.newsletter.sending.messages import Values
from app.people.models import Person
from tests.hub.conftest import Seen, version

SITE = "http://localhost:8000"


def sent_issue(slug="one", title="The first letter", days_ago=0, **fields):
    at = now() - timedelta(days=days_ago)
    moments = {"scheduled_at": at, "frozen_at": at, "finished_at": at}
    issue = Issue(
        slug=slug,
        title=title,
        **{"subject": title, "body": "Words.", "sent": 3, "is_public": True, **moments, **fields},
    )
    db.session.add(issue)
    db.session.commit()
    return issue


def page_of(client, slug="one"):
    answer = client.get(f"/newsletter/archive/{slug}")
    assert answer.status_code == 200
    return answer, Seen(answer.text)


def test_an_issue_is_a_page_of_the_site(client, clock):
    sent_issue(preview="What a mentor does", body="## A heading\n\nDear {first_name|Doctor}, see [the hub]({hub_url}).")
    answer, seen = page_of(client)
    assert seen.canonical == seen.metas["og:url"] == f"{SITE}/newsletter/archive/one"
    assert seen.metas["description"] == "What a mentor does"
    assert seen.metas["og:type"] == "article"
    assert seen.headings[:2] == ["The first letter", "A heading"]
    assert "Dear Doctor, see the hub" in seen.text
    assert ("the hub", f"{SITE}/hubs/leadership-mentorship") in seen.links
    assert "November 23, 2026" in seen.text
    assert "Subscribe" in seen.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"].startswith("public")


def test_search_engines_are_told_what_stands_on_the_page(client, clock):
    sent_issue(preview="What a mentor does", title='</script><b> & "x"')
    _, seen = page_of(client)
    things = {thing["@type"]: thing for thing in json.loads("".join(seen.structured))["@graph"]}
    article = things["Article"]
    assert article["headline"] == '</script><b> & "x"' == seen.headings[0]
    assert article["description"] == "What a mentor does"
    assert article["datePublished"] == "2026-11-23"
    assert article["mainEntityOfPage"] == seen.canonical
    assert article["isPartOf"]["name"] == "The Letter"
    assert [step["name"] for step in things["BreadcrumbList"]["itemListElement"]][1:] == [
        "Newsletter", "Past issues", '</script><b> & "x"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        ({"is_public": False}, 404),
        ({"scheduled_at": None, "frozen_at": None, "finished_at": None}, 404),
        ({"frozen_at": None, "finished_at": None}, 404),
        ({"finished_at": None}, 200),
        ({"finished_at": None, "cancelled_at": "now", "sent": 0}, 404),
        ({"finished_at": None, "cancelled_at": "now", "sent": 1}, 200),
    ],
)
def test_only_what_is_public_and_has_gone_out_is_there(client, fields, status):
    fields = {name: now() if value == "now" else value for name, value in fields.items()}
    issue = sent_issue(**fields)
    assert issue.is_archived == (status == 200)
    assert client.get("/newsletter/archive/one").status_code == status
    assert client.get("/newsletter/archive/before/one").status_code == status
    shown = status == 200
    assert ("/newsletter/archive/one" in client.get("/newsletter/archive/").text) == shown
    for path in ("/sitemap.xml", "/feed.atom", "/feed.json"):
        assert (f"{SITE}/newsletter/archive/one" in client.get(path).text) == shown


def test_nobodys_own_words_or_links_are_in_it(client):
    sent_issue(
        body="Dear {first_name},\n\n{first_name}, hello {first_name|}.\n\n"
        "You may [leave]({unsubscribe_url}) or [choose]({preferences_url}).\n\n[Unsubscribe]({unsubscribe_url})\n\n"
        "Here: {browser_url}\n\nHello {first_name|my *friend*} {unknown|x}.",
        preview="For {first_name|you}, {unknown}",
    )
    _, seen = page_of(client)
    for words in ("Dear, hello.", "You may leave or choose.", "Here:", "Hello my *friend* {unknown|x}."):
        assert words in seen.text
    assert "Unsubscribe" not in seen.text
    assert seen.metas["description"] == "For you, {unknown}"
    assert [link for link in seen.links if link[0] in ("leave", "choose") or "blank" in link[1]] == []
    assert "blank" not in seen.text


def test_a_hostile_text_stays_text(client):
    sent_issue(
        title="<img src=x onerror=alert(1)>",
        preview='"><script>alert(1)</script>',
        body="<script>alert(1)</script> {{ config }} [x](javascript:alert(1)) {first_name|<b>[y](javascript:x)}",
        cover_alt='"><script>x</script>',
        cover="/newsletter/pictures/x.png",
    )
    answer, seen = page_of(client)
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "{{ config }}" in answer.text
    assert "javascript:" not in "".join(href for _, href in seen.links)


def test_pictures_of_this_site_are_shown_and_others_only_linked(client):
    sent_issue(
        cover=f"{SITE}/newsletter/pictures/cover.png",
        cover_alt="A path",
        body=f"![Mine]({SITE}/newsletter/pictures/mine.png) ![A > tree](https://x.example/tree.png?a=1&b=2)",
    )
    answer, seen = page_of(client)
    assert '<img class="cover" src="/newsletter/pictures/cover.png" alt="A path"' in answer.text
    assert '<img src="/newsletter/pictures/mine.png" alt="Mine"' in answer.text
    assert answer.text.count("<img") == 2
    assert ("Picture: A > tree", "https://x.example/tree.png?a=1&b=2") in seen.links
    assert seen.metas["og:image"] == f"{SITE}/newsletter/pictures/cover.png"


def test_cards_and_a_cover_of_the_site_look_like_the_site(client):
    picture = BytesIO()
    Image.new("RGB", (800, 400)).save(picture, "PNG")
    cover = Picture.taken_from(picture.getvalue())
    db.session.add(cover)
    db.session.add(Video(slug="a-video", title="A < video", summary="On mentors", youtube_id=None))
    sent_issue(cover=cover.path, cover_alt="A path", body="One\n\n[video: A < video]\n\nTwo")
    answer, seen = page_of(client)
    assert f'src="{cover.path}" alt="A path" width="544" height="272"' in answer.text
    assert "A < video" in [words for words, _ in seen.links]
    assert "On mentors" in seen.text
    assert "card" not in seen.text
    assert "<table" not in answer.text
    assert client.get(cover.path).status_code == 200


def test_the_archive_is_leafed_through_from_the_newest_to_the_oldest(client, clock, monkeypatch):
    monkeypatch.setattr(archive, "LISTED", 3)
    for number in range(7):
        sent_issue(f"n{number}", f"Letter {number}", days_ago=10 - number // 2)
    path, seen = "/newsletter/archive/", []
    while path:
        page = Seen(client.get(path).text)
        seen.append([words for words, href in page.links if href.startswith("/newsletter/archive/n")])
        path = next((href for words, href in page.links if words == "Older issues"), None)
    assert seen == [["Letter 6", "Letter 5", "Letter 4"], ["Letter 3", "Letter 2", "Letter 1"], ["Letter 0"]]
    _, middle = page_of(client, "n3")
    assert ("BeforeLetter 2", "/newsletter/archive/n2") in middle.links
    assert ("AfterLetter 4", "/newsletter/archive/n4") in middle.links


def test_an_empty_archive_says_so_and_the_newsletters_page_leads_there(client):
    assert "Nothing stands here yet" in client.get("/newsletter/archive/").text
    assert "/newsletter/archive/" in client.get("/newsletter/").text


def test_the_number_of_queries_does_not_grow_with_issues_or_deliveries(client, queries):
    def asked(path):
        with queries() as statements:
            assert client.get(path).status_code == 200
        assert not [each for each in statements if "delivery" in each or "count(" in each.lower()]
        return len(statements)

    sent_issue("n0", days_ago=3)
    paths = ("/newsletter/archive/", "/newsletter/archive/n0", "/feed.atom?x", "/sitemap.xml?x")
    before = [asked(f"{path}?x") for path in paths]
    for number in range(1, 30):
        sent_issue(f"n{number}", days_ago=2)
    assert [asked(f"{path}?y") for path in paths] == before


def test_feeds_hold_issues_among_articles_newest_first(client, clock):
    sent_issue("old", days_ago=9, preview="Older")
    sent_issue("new", body='See [this](/guide) & "that".', preview="Newer")
    items = json.loads(client.get("/feed.json").text)["items"]
    assert [(item["url"].rpartition("/")[2], item["summary"]) for item in items] == [("new", "Newer"), ("old", "Older")]
    assert f'href="{SITE}/guide"' in items[0]["content_html"]
    atom = ET.fromstring(client.get("/feed.atom").text)
    assert [entry.findtext("{*}id") for entry in atom.findall("{*}entry")] == [item["id"] for item in items]
    assert f"<loc>{SITE}/newsletter/archive/new</loc><lastmod>2026-11-23</lastmod>" in client.get("/sitemap.xml").text


def changes(act):
    before = version()
    act()
    db.session.commit()
    return version() > before


def test_stored_pages_are_renewed_when_the_archive_changes_and_not_at_every_letter(client):
    issue = sent_issue(finished_at=None)
    assert client.get("/newsletter/archive/one").status_code == 200
    assert not changes(lambda: progress.count(issue.id, sent=5))
    assert changes(lambda: issue.finish())
    assert changes(lambda: issue.publish(False))
    assert client.get("/newsletter/archive/one").status_code == 404
    assert "/newsletter/archive/one" not in client.get("/newsletter/archive/").text
    assert changes(lambda: issue.publish(True))
    assert client.get("/newsletter/archive/one").status_code == 200


def test_an_issue_is_there_from_when_it_goes_until_it_is_cancelled_unread(client):
    issue = sent_issue(frozen_at=None, finished_at=None, sent=0)
    assert client.get("/newsletter/archive/one").status_code == 404
    assert changes(issue.freeze)
    assert client.get("/newsletter/archive/one").status_code == 200
    issue.finished_at = None
    db.session.commit()
    assert changes(issue.cancel)
    assert client.get("/newsletter/archive/one").status_code == 404


def test_a_draft_is_made_public_in_its_own_form(app):
    with pytest.raises(WrongMoment):
        Issue(slug="draft", title="Draft").publish(True)


@pytest.fixture
def copy(client, ada):
    """The path of Ada's own copy of an issue."""

    def path_of(issue):
        ada.subscribe()
        person = ada.person
        values = Values(issue).of(person.id, person.created_at, person.name)
        return values["browser_url"].removeprefix(SITE)

    return path_of


def test_a_copy_is_for_its_reader_alone_and_for_ever(client, copy, clock):
    issue = sent_issue(body="Dear {first_name|Doctor}, [x](https://x.example).")
    IssueLink.write_for(issue)
    db.session.commit()
    path = copy(issue)
    clock.advance(days=4000)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "allow-forms" not in policy
    assert "form-action 'none'" in policy
    assert "https://x.example" in answer.text
    assert "/newsletter/clicks/" not in answer.text


def test_a_copy_works_after_leaving(client, copy, ada):
    issue = sent_issue()
    path = copy(issue)
    person = ada.person
    client.post(Values(issue).of(person.id, person.created_at, "")["unsubscribe_url"].removeprefix(SITE))
    assert ada.subscription.state == "left"
    assert client.get(path).status_code == 200


def test_a_copy_leads_to_the_issues_page_while_that_is_public(client, copy):
    issue = sent_issue()
    path, public = copy(issue), f"{SITE}/newsletter/archive/one"
    assert f'href="{public}"' in client.get(path).text
    db.session.get_one(Issue, issue.id).publish(False)
    db.session.commit()
    assert public not in client.get(path).text


def test_a_copy_of_somebody_erased_is_gone(client, copy, ada):
    path = copy(sent_issue())
    db.session.delete(db.session.get_one(Person, ada.person.id))
    db.session.execute(db.text("DELETE FROM email"))
    db.session.commit()
    assert client.get(path).status_code == 410
