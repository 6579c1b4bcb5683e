"""A page asks the database the same few things, however much there is."""

from datetime import date

import pytest

from app.extensions import db
from app.hub.gathering import Hub, HubSection
from app.hub.models import Article, ExternalLink, Question, Video
from tests.hub.conftest import counted

DAY = date(2026, 11, 23)
PAGES = ["/", "/hubs/big", "/articles/", "/articles/article-4", "/feed.atom", "/feed.json", "/sitemap.xml"]


def write(count):
    """A hub that gathers `count` of everything."""
    hub = Hub(slug="big", title="Big", eyebrow="e", lede="l", description="d", published_on=DAY, updated_on=DAY)
    hub.sections = [
        HubSection(heading=f"Section {n}", anchor=f"s{n}", short="s", shows=shows, body="Text.\n\n### Part\n\nMore.")
        for n, shows in enumerate(["text"] * (count // 8) + ["resources", "questions"])
    ]
    for n in range(count):
        texts = {"title": f"Title {n}", "body": "Some words. " * 50}
        dates = {"published_on": DAY, "updated_on": DAY}
        hub.articles.append(
            Article(slug=f"article-{n}", summary="s", description="d", topic="t", hub=hub, **texts, **dates)
        )
        hub.videos.append(Video(slug=f"video-{n}", summary="s", **texts))
        hub.links.append(
            ExternalLink(slug=f"link-{n}", title="Link", url="https://example.org", organization="o", summary="s")
        )
        hub.questions.append(Question(slug=f"question-{n}", **texts))
    for article in hub.articles[1:]:
        article.related = hub.articles[:1] if count < 10 else [other for other in hub.articles if other is not article]
    db.session.add(hub)
    db.session.commit()
    db.session.expunge_all()


def clear():
    for row in [*db.session.query(Hub), *db.session.query(Article), *db.session.query(Video)]:
        db.session.delete(row)
    for row in [*db.session.query(ExternalLink), *db.session.query(Question)]:
        db.session.delete(row)
    db.session.commit()
    db.session.expunge_all()


def statements_of_each_page(client):
    """How many it takes to answer with each, first asked for."""
    counts = {}
    for path in PAGES:
        with counted() as statements:
            assert client.get(path).status_code == 200
        counts[path] = len(statements)
    return counts


def test_ten_times_the_content_takes_the_same_queries(client):
    write(8)
    few = statements_of_each_page(client)
    clear()
    write(80)
    assert statements_of_each_page(client) == few
    assert all(0 < count <= 8 for count in few.values()), few


@pytest.mark.parametrize("path", ["/", "/hubs/big", "/articles/"])
def test_a_list_of_articles_does_not_load_their_texts(client, path):
    write(8)
    with counted() as statements:
        assert client.get(path).status_code == 200
    assert [statement for statement in statements if "article" in statement]
    assert not [statement for statement in statements if "article.html" in statement or "article_1.html" in statement]
