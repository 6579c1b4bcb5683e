"""Cards: a line of an issue that names an article, a video or the course."""

import time
from datetime import date

import pytest

from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.extensions import db
from app.hub.models import Article, Video
from app.newsletter.issues import cards
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue

COURSE = "Physician Leadership & Career Course"


@pytest.fixture(autouse=True)
def pieces(app, clock):
    day = date(2026, 11, 1)
    words = {"description": "", "topic": "career", "published_on": day, "updated_on": day, "body": "Words."}
    db.session.add(Article(slug="four-roles", title="Coach, Therapist, or Advisor?", summary="Whom to ask.", **words))
    db.session.add(Article(slug="odd", title="Doctors & <b>{first_name}</b> *stars*", summary="Odd.", **words))
    db.session.add(Video(slug="influence", title="How to Build Influence", summary="Ten minutes.", body=""))
    course = Course(
        slug="leading", title=COURSE, lede="Lead.", description="", price_cents=120000, currency="usd", body=""
    )
    db.session.add(Cohort(
        course=course, name="Spring", starts_on=date(2027, 3, 2), ends_on=date(2027, 5, 25),
        time_zone="America/New_York", seats=12, seats_taken=3,
    ))  # fmt: skip
    db.session.commit()


def read(body):
    """An issue of this body, as a reader gets its text and HTML."""
    issue = Issue(id=1, title="One", subject="One", preview="", cover="", cover_alt="", body=body)
    _, text, html = compose(issue).filled({"first_name": "Ada"})
    return text, html


@pytest.mark.parametrize("name", ["Coach, Therapist, or Advisor?", "coach,  therapist, or ADVISOR?", "four-roles"])
def test_an_article_is_found_by_title_or_slug_whatever_the_case(name):
    text, html = read(f"Before.\n[article: {name}]\nAfter.")
    address = "http://localhost:8000/articles/four-roles"
    assert f'href="{address}"' in html
    assert "Whom to ask." in html
    assert f"Coach, Therapist, or Advisor?\nWhom to ask.\nRead the article: {address}" in text
    assert "[article" not in text + html
    assert html.index("Before.") < html.index("Whom to ask.") < html.index("After.")


def test_the_course_tells_its_price_and_the_day_its_next_cohort_begins():
    text, html = read(f"[course: {COURSE}]")
    for part in (text, html):
        assert "Next cohort: begins March 2, 2027" in part
        assert "Price: $1,200" in part
    assert "http://localhost:8000/course/" in text


def test_a_video_leads_to_where_it_plays():
    text, html = read("[video: How to Build Influence]")
    assert "https://www.youtube.com/results?search_query=How+to+Build+Influence" in text
    assert "Watch the video" in html


def test_what_a_title_holds_is_text_in_a_card():
    text, html = read("[article: odd]")
    assert "Doctors &amp; &lt;b&gt;{first_name}&lt;/b&gt; *stars*" in html
    assert "Doctors & <b>{first_name}</b> *stars*" in text


def test_a_card_among_lines_of_code_stays_as_it_was_typed():
    _, html = read("```\n[article: four-roles]\n[article: Doctors & <b>{first_name}</b> *stars*]\n```")
    assert "[article: four-roles]" in html
    assert "[article: Doctors &amp; &lt;b&gt;{first_name}&lt;/b&gt; *stars*]" in html
    assert "Whom to ask." not in html


def test_what_is_no_line_of_its_own_or_no_kind_of_card_stays_as_it_was_typed():
    text, _ = read("See [article: four-roles] there.\n\n[note: to self]")
    assert "See [article: four-roles] there." in text
    assert "[note: to self]" in text


def test_an_unknown_name_is_told_with_the_closest_titles():
    (unknown,) = cards.unknown("[article: Coach, Therapist or Adviser]\n\n[video: influence]")
    assert str(unknown) == (
        "There is no article called “Coach, Therapist or Adviser”. Did you mean “Coach, Therapist, or Advisor?”?"
    )


@pytest.mark.parametrize("line", ["[article: a" + " " * 60_000 + "b", "[article: " + "] " * 60_000 + "b"])
def test_a_long_line_is_read_at_once(line):
    began = time.monotonic()
    assert cards.unknown(line) == []
    assert time.monotonic() - began < 1
