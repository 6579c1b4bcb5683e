"""What the pages tell search engines agrees with what they tell readers."""

import json

import pytest

from app.extensions import db
from app.hub.models import Question
from app.json_ld import json_ld
from tests.hub.conftest import Seen
from tests.hub.test_hub_page import ARTICLES, QUESTIONS

SITE = "http://localhost:8000"
HUB = "/hubs/leadership-mentorship"


def told(page):
    """The things a page tells of, by type, and what a reader sees of it."""
    seen = Seen(page.text)
    assert [script.get("type") for script in seen.scripts].count("application/ld+json") == 1
    data = json.loads("".join(seen.structured))
    assert data["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in data["@graph"]}, seen


def squeezed(text):
    return "".join(text.split())


def trail(things):
    steps = things["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
    return [(step["name"], step["item"]) for step in steps]


def test_home_tells_who_publishes(client, starter):
    things, seen = told(client.get("/"))
    assert things["Organization"]["name"] == things["WebSite"]["name"] == "The Developing Doctor"
    assert things["WebSite"]["url"] == seen.canonical
    assert things["WebSite"]["publisher"] == {"@id": things["Organization"]["@id"]}


def test_an_article_tells_what_it_says(client, starter):
    things, seen = told(client.get("/articles/physician-burnout-moral-injury-ordinary-joy"))
    article = things["Article"]
    assert article["headline"] in seen.headings
    assert article["description"] == seen.metas["description"]
    assert article["mainEntityOfPage"] == seen.canonical
    assert article["dateModified"] == "2026-11-23"
    assert article["image"].split("?")[0].endswith(".png")
    assert article["publisher"] == {"@id": things["Organization"]["@id"]}
    assert trail(things) == [
        ("The Developing Doctor", f"{SITE}/"),
        ("Physician Leadership & Mentorship", SITE + HUB),
        ("Physician Burnout, Moral Injury & Ordinary Joy", seen.canonical),
    ]


def test_the_hub_tells_what_it_gathers(client, starter):
    things, seen = told(client.get(HUB))
    assert things["CollectionPage"]["name"] in seen.headings
    assert [part["headline"] for part in things["CollectionPage"]["hasPart"]] == ARTICLES
    assert trail(things)[-1] == ("Physician Leadership & Mentorship", SITE + HUB)


def test_questions_and_answers_are_those_on_the_page(client, starter):
    things, seen = told(client.get(HUB))
    asked = things["FAQPage"]["mainEntity"]
    assert [each["name"] for each in asked] == QUESTIONS
    for each in asked:
        assert each["name"] in seen.headings
        assert squeezed(each["acceptedAnswer"]["text"]) in squeezed(seen.text)


@pytest.mark.parametrize("path", ["/articles/", "/guide", "/privacy"])
def test_other_pages_tell_where_they_are(client, starter, path):
    things, seen = told(client.get(path))
    assert trail(things)[-1][1] == seen.canonical
    assert trail(things)[-1][0] in seen.headings


def test_no_text_breaks_out_of_the_script(client, starter):
    question = db.session.query(Question).filter_by(slug="how-many-mentors-should-i-have").one()
    question.title = '</script><script>alert(1)</script> & "quoted"'
    db.session.commit()
    page = client.get(HUB)
    things, _ = told(page)
    assert question.title in [each["name"] for each in things["FAQPage"]["mainEntity"]]
    assert "<script>alert" not in page.text


def test_what_is_escaped_reads_the_same(app):
    data = json_ld({"name": "<!-- </script> & > \u2028"})
    inside = data.partition(">")[2].rpartition("<")[0]
    assert not set("<>&") & set(inside)
    assert json.loads(inside)["@graph"] == [{"name": "<!-- </script> & > \u2028"}]
