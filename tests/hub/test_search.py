import time

import pytest

from app.extensions import db
from app.hub.models import Article
from app.hub.search import MOST_RESULTS, find
from tests.hub.conftest import Seen, counted
from tests.hub.test_feeds import article


def found(client, query):
    answer = client.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    seen = Seen(answer.text.split("<main")[1].split("</main>")[0])
    return [words for words in seen.headings if words != "Search"]


def test_a_word_finds_articles_in_any_case(client, starter):
    assert found(client, "BURNOUT")[0] == "Physician Burnout, Moral Injury & Ordinary Joy"
    assert found(client, "burnout") == found(client, "BURNOUT")


def test_every_word_must_be_there(client, starter):
    assert "Physician Burnout, Moral Injury & Ordinary Joy" in found(client, "injury joy")
    assert found(client, "injury xylophone") == []


@pytest.mark.parametrize(
    ("query", "title", "address"),
    [
        ("physician mentorship", "Physician Leadership & Mentorship", "/hubs/leadership-mentorship"),
        ("micropractice", "Developing Your Leadership & Mentorship Skills", "/hubs/leadership-mentorship#skills"),
        ("how many mentors", "How many mentors should I have?", "/hubs/leadership-mentorship#how-many-mentors-should"),
        (
            "what\u2019s the difference",
            "What's the difference between coaching and mentoring?",
            "/hubs/leadership-mentor",
        ),
        ("Accreditation Council", "ACGME", "/hubs/leadership-mentorship#acgme"),
        ("both chairs", "Finding and Being a Mentor in Medicine", "/hubs/leadership-mentorship#finding-and-being-a"),
        ("which kind of support", "Which Kind of Support Do I Need?", "/guide"),
        ("cookies", "Privacy", "/privacy"),
    ],
)
def test_everything_is_found_where_it_stands(client, starter, query, title, address):
    answer = Seen(client.get("/search", query_string={"q": query}).text)
    href = dict(answer.links)[title]
    assert href.startswith(address)
    path, _, anchor = href.partition("#")
    page = Seen(client.get(path).text)
    assert not anchor or anchor in page.ids


def test_a_page_found_in_two_hubs_is_listed_for_neither_twice(client, starter):
    titles = found(client, "ACGME")
    assert len(titles) == len(set(titles))


def test_what_was_typed_is_marked_and_kept(client, starter):
    page = client.get("/search?q=moral").text
    assert "<mark>" in page
    assert 'value="moral"' in page


@pytest.mark.parametrize("query", ["%", "_", "\\", "/", "100%", "a_b", "%%%", "' OR 1=1 --", '"', "'", "((("])
def test_marks_that_mean_something_to_a_database_are_plain_characters(client, app, query):
    db.session.add(article("Nothing here but words", title="Plain words"))
    db.session.commit()
    assert "Plain words" not in found(client, query)


def test_a_per_cent_sign_is_found_where_there_is_one(client, app):
    db.session.add(article("Given 100% of the_time by O'Brien \\ half", title="One"))
    db.session.commit()
    for query in ("100%", "the_time", "o'brien", "\\"):
        assert found(client, query) == ["One"]


def test_markup_that_was_typed_stays_text(client, starter):
    page = client.get("/search", query_string={"q": '<script>alert(1)</script>"onfocus="x'}).text
    assert "<script>alert" not in page
    assert '"onfocus="' not in page


def test_markup_in_what_is_found_stays_text(client, app):
    db.session.add(article("A word `<img src=x onerror=alert(1)>` after", title="<b>word</b>"))
    db.session.commit()
    page = client.get("/search?q=word").text
    assert "<img src=x" not in page
    assert "<b>word" not in page


@pytest.mark.parametrize("query", ["", "   ", "\x01\x02", "\u200b", '""'])
def test_nothing_typed_finds_nothing(client, starter, query):
    assert found(client, query) == []


@pytest.mark.parametrize(
    "query", ["\0mentor", "mentor\0", "ment\ud800or".encode("utf-8", "surrogatepass"), b"\xff\xfe"]
)
def test_odd_characters_harm_nothing(client, starter, query):
    assert client.get("/search", query_string={"q": query}).status_code in (200, 400)


def test_a_character_no_database_takes_finds_nothing(app, starter):
    with app.test_request_context():
        assert find("\0") == []
        assert find("mentor\0ship")[0].title


def test_a_very_long_question_is_cut_and_answered_soon(client, starter):
    start = time.monotonic()
    answer = client.get("/search", query_string={"q": "mentor " * 500})
    assert answer.status_code in (200, 414)
    assert time.monotonic() - start < 2
    assert client.get("/search", query_string={"q": "x" * 5000}).status_code in (200, 414)


def test_nothing_found_says_what_to_try(client, starter):
    text = Seen(client.get("/search?q=xylophone").text).text
    assert "No results" in text
    assert "all articles" in text


def test_there_is_an_end_to_results_and_to_queries(client, app):
    with counted() as few:
        found(client, "word")
    for number in range(80):
        row = article("word " * 200)
        row.slug, row.title = f"one-{number}", f"One {number}"
        db.session.add(row)
    db.session.commit()
    assert db.session.query(Article).count() == 80
    with counted() as many:
        assert len(found(client, "word")) == MOST_RESULTS
    assert len(many) == len(few) > 0


def test_a_search_is_kept_by_nobody(client, starter):
    answer = client.get("/search?q=mentor")
    assert "public" not in answer.headers.get("Cache-Control", "")
    assert client.get("/search?q=coach").data != answer.data
    assert "noindex" in answer.text
