"""What programs read: feeds, sitemap, robots. Parsed with parsers, not looked at."""

import json
import re
from datetime import date, datetime
from xml.etree import ElementTree as ET

from app.extensions import db
from app.hub.models import Article

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SITE = "http://localhost:8000"


def test_the_atom_feed_is_what_its_standard_asks_for(client, starter):
    answer = client.get("/feed.atom")
    feed = ET.fromstring(answer.data)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    for one in ("id", "title", "updated", "author"):
        assert len(feed.findall(ATOM + one)) == 1
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"{SITE}/feed.atom", "alternate": f"{SITE}/"}
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 8
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 8
    for entry in entries:
        assert entry.findtext(f"{ATOM}title")
        assert entry.findtext(f"{ATOM}id") == entry.find(f"{ATOM}link").get("href")
        for moment in ("published", "updated"):
            assert datetime.fromisoformat(entry.findtext(ATOM + moment)).tzinfo
        assert entry.find(f"{ATOM}content").get("type") == "html"


def test_the_json_feed_is_what_its_standard_asks_for(client, starter):
    answer = client.get("/feed.json")
    feed = json.loads(answer.data)
    assert answer.content_type == "application/feed+json; charset=utf-8"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "The Developing Doctor"
    assert (feed["home_page_url"], feed["feed_url"]) == (f"{SITE}/", f"{SITE}/feed.json")
    assert len(feed["items"]) == 8
    for item in feed["items"]:
        assert item["id"] == item["url"]
        assert item["title"]
        assert item["summary"]
        assert item["content_html"]
        assert isinstance(item["tags"], list)
        assert datetime.fromisoformat(item["date_published"]).tzinfo


def test_links_in_feeds_are_absolute_and_lead_somewhere(client, whole_site):
    found = set()
    for item in json.loads(client.get("/feed.json").data)["items"]:
        found |= set(re.findall(r'(?:href|src)="([^"]*)"', item["content_html"]))
    for entry in ET.fromstring(client.get("/feed.atom").data).findall(f"{ATOM}entry"):
        found |= set(re.findall(r'(?:href|src)="([^"]*)"', entry.findtext(f"{ATOM}content")))
    assert f"{SITE}/hubs/leadership-mentorship" in {link.partition("#")[0] for link in found}
    for link in found:
        assert link.startswith(("https://", f"{SITE}/", "mailto:"))
        if link.startswith(SITE):
            assert client.get(link.removeprefix(SITE)).status_code == 200, link


def test_only_links_are_made_absolute_and_not_words(client, app):
    db.session.add(article('A link: <a href="/x"> and [one](/guide "a > b"), [two](#there), [three](//other.example).'))
    db.session.commit()
    html = json.loads(client.get("/feed.json").data)["items"][0]["content_html"]
    assert f'<a href="{SITE}/guide" title="a > b">one</a>' in html.replace("&gt;", ">")
    assert f'<a href="{SITE}/articles/one#there">two</a>' in html
    assert '<a href="//other.example">three</a>' in html
    assert 'href="/x"' in html.replace("&quot;", '"').replace("“", '"').replace("”", '"')


def test_feeds_hold_whatever_a_title_holds(client, app):
    db.session.add(article("]]> & <b>bold</b> \x0b\ufffe\U0001f9e0", title="<&\"'> \x0b\ufffe\U0001f9e0"))
    db.session.commit()
    entry = ET.fromstring(client.get("/feed.atom").data).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "<&\"'> \U0001f9e0"
    assert "<b>" not in entry.findtext(f"{ATOM}content")
    assert json.loads(client.get("/feed.json").data)["items"][0]["title"].startswith('<&"')


def test_a_feed_of_nothing_is_a_feed(client, app):
    assert ET.fromstring(client.get("/feed.atom").data).findall(f"{ATOM}entry") == []
    assert json.loads(client.get("/feed.json").data)["items"] == []


def test_the_sitemap_holds_every_public_page_and_each_answers(client, whole_site):
    answer = client.get("/sitemap.xml")
    pages = [url.findtext(f"{MAP}loc") for url in ET.fromstring(answer.data).findall(f"{MAP}url")]
    assert answer.content_type.startswith("application/xml")
    assert len(pages) == len(set(pages))
    paths = {page.removeprefix(SITE) for page in pages}
    assert {
        "/",
        "/hubs/leadership-mentorship",
        "/articles/",
        "/guide",
        "/newsletter/",
        "/coaching/",
        "/course/",
        "/privacy",
        "/terms",
        "/accessibility",
    } <= paths
    assert len([path for path in paths if path.startswith("/articles/")]) == 9
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_the_sitemap_tells_when_an_article_last_changed(client, starter):
    urls = ET.fromstring(client.get("/sitemap.xml").data).findall(f"{MAP}url")
    changed = {url.findtext(f"{MAP}loc"): url.findtext(f"{MAP}lastmod") for url in urls}
    assert changed[f"{SITE}/articles/coach-therapist-mentor-or-advisor"] == "2026-11-23"


def test_robots_are_kept_from_what_is_personal_and_shown_the_map(client, app):
    answer = client.get("/robots.txt")
    lines = answer.text.splitlines()
    assert answer.content_type.startswith("text/plain")
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    for path in ("/studio/", "/learn/", "/newsletter/preferences/", "/coaching/consultations/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines


def article(body, title="One"):
    day = date(2026, 11, 23)
    return Article(
        slug="one", title=title, summary="s", description="d", topic="t", published_on=day, updated_on=day, body=body
    )
