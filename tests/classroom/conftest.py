"""A course of two modules as files, which the classroom's own content reads; and somebody who takes it."""

import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from werkzeug.test import TestResponse

from app.classroom import content
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course, Module
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.conftest import Clock
from tests.races import fresh_rows

FIRST = {
    "title": "Say What You Stand For",
    "summary": "Your purpose, in a sentence.",
    "minutes": 20,
    "video": "https://www.youtube.com/watch?v=abcdefghijk",
    "audio": "talk.mp3",
    "downloads": [{"title": "Influence map", "file": "map.pdf"}],
    "worksheet": [
        {"key": "purpose", "label": "Your purpose", "help": "One sentence.", "lines": 3},
        {"key": "people", "label": "Two people to ask", "lines": 2},
    ],
    "reflection": [{"key": "trade", "question": "What will you not trade away?"}],
    "quiz": [
        {"question": "Who leads?", "options": ["The chief", "Anybody"], "answer": 1, "why": "No badge is needed."},
        {
            "question": "First?",
            "options": ["Listen", "Talk", "Wait"],
            "answer": 0,
            "why": "People tell you what counts.",
        },
    ],
}
PLAIN = {"title": "Map Who Has a Say", "summary": "People and what they need.", "minutes": 15}
TEXT = "Most leading is done by people whose badge says nothing about it.\n\n## Five terms\n\n- *One*\n- Two"
RECORDING = bytes(range(256)) * 2500  # Three pieces.


def write_lesson(folder: Path, name: str, meta: dict, body: str = TEXT) -> Path:
    path = folder / "course" / "lessons" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{yaml.safe_dump(meta, sort_keys=False)}---\n\n{body}\n")
    return path


@pytest.fixture
def course(app: Flask) -> Course:
    words = {"title": "Leading", "lede": "-", "description": "-", "refund_policy": "-"}
    course = Course(slug="leading", price_cents=100, currency="usd", **words)
    course.modules = [
        Module(slug="first", position=1, title="Leading Without Title", summary="Begin.", body="For *learners*."),
        Module(slug="second", position=2, title="Finding a Mentor", summary="Go on.", opens_in_week=2),
    ]
    db.session.add(course)
    db.session.commit()
    return course


@pytest.fixture
def folder(course: Course, tmp_path: Path) -> Path:
    """Content with three lessons, two of them in the first module, and two files."""
    files = tmp_path / "content" / "course" / "files"
    files.mkdir(parents=True)
    (files / "talk.mp3").write_bytes(RECORDING)
    (files / "map.pdf").write_bytes(b"%PDF-1.7 a map")
    write_lesson(tmp_path / "content", "first/01-stand", FIRST)
    write_lesson(tmp_path / "content", "first/02-map", PLAIN)
    write_lesson(tmp_path / "content", "second/01-ask", PLAIN | {"title": "Ask One Person"}, "Ask for *candid* words.")
    return tmp_path / "content"


@pytest.fixture
def lessons(folder: Path) -> Path:
    """The same, taken in."""
    content.import_from(folder)
    db.session.commit()
    return folder


@pytest.fixture
def cohort(course: Course) -> Cohort:
    """It begins a week after the clock's first moment, and opens everything at once."""
    cohort = Cohort(name="Winter", starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 31), seats=9, seats_taken=1)
    cohort.time_zone, cohort.sessions = "America/New_York", "Tuesdays at noon"
    course.cohorts.append(cohort)
    db.session.commit()
    return cohort


def enroll(email: str, cohort: Cohort, **columns: Any) -> Enrollment:
    db.session.add(cohort)
    order = Order(person=Person.at(email), cohort=cohort, name="Ada", amount_cents=100, currency="usd", seats_held=1)
    order.paid_at, order.paid_cents = now(), 100
    enrollment = Enrollment.begin(order)
    for name, value in columns.items():
        setattr(enrollment, name, value)
    db.session.commit()
    return enrollment


class Learner:
    """Somebody who is signed in, each of their requests in a transaction of its own."""

    def __init__(self, app: Flask, email: str) -> None:
        self.email, self.client = email, app.test_client()
        code, _ = SignInCode.issue(Person.at(email))
        db.session.commit()
        assert self.client.post(f"/sign-in/{code.link_token}").status_code == 303

    @property
    def person(self) -> Person:
        return Person.at(self.email)

    def get(self, path: str = "", **how: Any) -> TestResponse:
        with fresh_rows():
            return self.client.get(f"/learn/{path}", **how)

    def post(self, path: str, page: TestResponse | None = None, *, json: bool = False, **typed: str) -> TestResponse:
        """Send the form of the lesson, as `page` or a new one has it, with what was typed in it."""
        lesson, _, _ = path.rpartition("/")
        fields = form_of(page or self.get(lesson)) | typed
        with fresh_rows():
            return self.client.post(
                f"/learn/{path}", data=fields, headers={"Accept": "application/json"} if json else {}
            )


def form_of(page: TestResponse) -> dict[str, str]:
    """What a browser would send of the page's form for what is written, without a button."""
    form = re.search(r'<form class="work".*?</form>', page.text, re.S)[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    areas = {
        name: unescape(text) for name, text in re.findall(r'name="(text-[^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S)
    }
    chosen = dict(re.findall(r'name="(quiz-\d+)" value="(\d)" checked', form))
    return hidden | areas | chosen


@pytest.fixture
def ada(app: Flask, clock: Clock, lessons: Path, cohort: Cohort) -> Learner:
    """Enrolled in the cohort."""
    enroll("ada@example.org", cohort)
    return Learner(app, "ada@example.org")
