import re

import brotli
from sqlalchemy import select

from app.classroom.lessons import Lesson
from app.commands import STARTER, take_in
from app.enrollment.models import Module
from app.extensions import db
from app.people.models import Person
from app.web.security_headers import VIDEOS
from tests.classroom.conftest import FIRST, PLAIN, Learner, write_lesson
from tests.classroom.test_content import import_again


def test_a_lesson_shows_all_it_has(ada):
    page = ada.get("first/stand")
    told = (FIRST["title"], FIRST["summary"], "badge says nothing", "20 minutes", "MP3, 640 kB")
    asked = ("Your purpose", "One sentence.", "What will you not trade away?", "Who leads?", "Anybody")
    for said in (*told, *asked, "Influence map", "PDF, 1 kB"):
        assert said in page.text, said
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk"' in page.text
    assert 'data-video-id="abcdefghijk"' in page.text
    assert re.search(r'<audio controls preload="none" src="/learn/first/stand/files/talk.mp3"', page.text)
    assert "No badge is needed." not in page.text  # Why an answer is right is told once it is given.


def test_a_lesson_with_nothing_but_text_asks_only_for_notes(ada):
    page = ada.get("first/map")
    for absent in ("Worksheet", "Reflection", "Quiz", "<audio", "Watch the video", "Downloads"):
        assert absent not in page.text, absent
    assert 'name="text-_notes"' in page.text


def test_one_goes_from_lesson_to_lesson_across_modules(ada):
    page = ada.get("first/map")
    assert 'href="/learn/first/stand" rel="prev"' in page.text
    assert 'href="/learn/second/ask" rel="next"' in page.text


def test_what_comes_later_is_named_with_its_day_and_no_link(ada, cohort, clock):
    cohort.opens_weekly = True
    db.session.commit()
    clock.advance(days=8)
    page = ada.get("first/map")
    assert "Opens Monday, December 7" in page.text
    assert "/learn/second/ask" not in page.text


def test_pages_are_kept_by_nobody_else_and_load_nothing_from_elsewhere(ada):
    for path in ("", "first/stand", "search?q=badge"):
        headers = ada.get(path).headers
        assert headers["Cache-Control"] == "private, no-store"
        policy = headers["Content-Security-Policy"]
        assert "media-src 'self'" in policy and f"frame-src {VIDEOS}" in policy
        assert "script-src 'self';" in policy


def test_a_page_that_echoes_nothing_goes_over_the_wire_small(ada):
    plain, small = ada.get("first/stand"), ada.get("first/stand", headers={"Accept-Encoding": "br"})
    assert (plain.content_encoding, small.content_encoding) == (None, "br")
    assert len(small.data) < len(plain.data) / 2
    asked = ada.get("search?q=badge", headers={"Accept-Encoding": "br"})
    assert asked.content_encoding is None  # What is typed stands in it.


def test_scripts_and_html_in_a_lesson_are_shown_as_text(ada, lessons):
    hostile = "<script>alert(1)</script> and [a link](https://example.org)"
    write_lesson(lessons, "first/02-map", PLAIN | {"title": "A <b>title</b>"}, hostile)
    import_again(lessons)
    page = ada.get("first/map")
    assert "&lt;script&gt;alert(1)" in page.text and "<b>title</b>" not in page.text


def test_there_is_no_such_lesson(ada):
    for path in ("first/no", "no/stand", "second/stand", "first/stand/files/no.pdf", "first/map/files/map.pdf"):
        assert ada.get(path).status_code == 404, path


def test_what_one_wrote_in_a_lesson_that_is_gone_can_still_be_read(ada, lessons):
    ada.post("first/stand/writing", **{"text-purpose": "To listen first"})
    (lessons / "course" / "lessons" / "first" / "01-stand.md").unlink()
    import_again(lessons)
    page = ada.get("first/stand")
    assert (page.status_code, "To listen first" in page.text, "badge" in page.text) == (410, True, False)
    assert "Say What" not in ada.get().text
    write_lesson(lessons, "first/01-stand", FIRST)
    import_again(lessons)
    assert "To listen first" in ada.get("first/stand").text


def test_words_that_come_for_a_lesson_that_is_gone_are_given_back(ada, lessons):
    page = ada.get("first/stand")
    (lessons / "course" / "lessons" / "first" / "01-stand.md").unlink()
    import_again(lessons)
    answer = ada.post("first/stand/writing", page, **{"text-purpose": "My first words"})
    assert (answer.status_code, "My first words" in answer.text) == (410, True)


def test_nobody_reads_a_lesson_that_is_gone_who_wrote_nothing(ada, lessons):
    (lessons / "course" / "lessons" / "first" / "01-stand.md").unlink()
    import_again(lessons)
    assert ada.get("first/stand").status_code == 404


def test_any_page_of_the_starter_course_weighs_at_most_75_kb_on_first_load(app):
    take_in(STARTER)
    Person.at("owner@example.org").make_owner()
    owner = Learner(app, "owner@example.org")
    files: dict[str, int] = {}
    paths = [
        "",
        "sessions",
        "announcements",
        *(f"{module}/{slug}" for slug, module in db.session.execute(select(Lesson.slug, Module.slug).join(Module))),
    ]
    assert len(paths) > 20
    for path in paths:
        page = owner.get(path, headers={"Accept-Encoding": "br"})
        text = brotli.decompress(page.data).decode()
        wanted = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|woff2|svg))"', text))
        for name in wanted - files.keys():
            files[name] = len(owner.client.get(name, headers={"Accept-Encoding": "br"}).data)
        assert len(page.data) + sum(files[name] for name in wanted) < 75_000 - 3000, path  # With the headers.
        assert sum(files[name] for name in wanted if name.endswith(".js")) <= 5000
