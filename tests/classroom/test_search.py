import re

from app.extensions import db
from tests.classroom.conftest import PLAIN, Learner, enroll, write_lesson
from tests.classroom.test_content import import_again


def test_lessons_and_ones_own_words_are_found(ada):
    ada.post("first/stand/writing", **{"text-purpose": "To listen before I speak", "text-_notes": "Ask Ida"})
    page = ada.get("search?q=listen+speak").text
    assert "1 result" in page and 'href="/learn/first/stand#text-purpose"' in page and "Your answer" in page
    assert 'href="/learn/first/stand#text-_notes"' in ada.get("search?q=ida").text
    found = ada.get("search?q=candid").text
    assert 'href="/learn/second/ask"' in found and "<mark>candid</mark>" in found


def test_the_very_words_that_were_typed_come_first_and_stand_in_the_excerpt(ada, lessons):
    apart = f"A candid friend. {'More words. ' * 40}Ask for\nfeedback, and give feedback."
    write_lesson(lessons, "first/03-apart", PLAIN | {"title": "A Title That Sorts First"}, apart)
    together = f"Be candid. {'More words. ' * 40}Ask for Candid\nfeedback."
    write_lesson(lessons, "first/04-together", PLAIN | {"title": "Together"}, together)
    import_again(lessons)
    page = ada.get("search?q=candid+feedback").text
    assert "2 results" in page
    assert re.findall(r"<h2><a [^>]*>(.*?)</a>", page)[0] == "Together"
    assert "<mark>Candid</mark> <mark>feedback</mark>" in page
    ada.post("first/stand/writing", **{"text-_notes": "Candid feedback from Ida"})
    assert "Your notes" in ada.get("search?q=candid+feedback").text.split("</li>")[1]


def test_letters_beyond_ascii_are_found_large_and_small(ada):
    ada.post("first/stand/writing", **{"text-purpose": "Émile and the ärzte", "text-_notes": "\u0141ukasz"})
    for query in ("émile", "ÄRZTE", "\u0142UKASZ"):
        assert "1 result" in ada.get("search", query_string={"q": query}).text


def test_a_heading_does_not_run_on_into_what_stands_under_it(ada):
    assert "nothing about it. <mark>Five</mark> terms · One · Two</p>" in ada.get("search?q=five").text


def test_a_module_is_found_by_its_title_where_it_stands_in_the_overview(ada, cohort):
    cohort.opens_weekly = True  # Nothing is open yet.
    db.session.commit()
    assert 'href="/learn/#module-second"' in ada.get("search?q=finding+mentor").text
    assert 'id="module-second"' in ada.get().text


def test_the_words_of_others_are_not(ada, app, cohort):
    ada.post("first/stand/writing", **{"text-_notes": "Between us"})
    enroll("grace@example.org", cohort)
    assert "No results" in Learner(app, "grace@example.org").get("search?q=between").text


def test_what_is_closed_is_not_found(ada, cohort, clock):
    ada.post("second/ask/writing", **{"text-_notes": "Candid friends"})
    cohort.opens_weekly = True
    db.session.commit()
    clock.advance(days=8)
    assert "No results" in ada.get("search?q=candid").text
    assert "2 results" in ada.get("search?q=badge").text


def test_a_search_for_nothing_or_for_odd_things_finds_nothing(ada):
    for query in ("", "%20", "%25", "_", "x" * 500, "%22%22", "<script>"):
        answer = ada.get(f"search?q={query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text and "1 result " not in answer.text
