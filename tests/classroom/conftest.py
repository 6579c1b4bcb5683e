"""A course of two modules as files, which the classroom's own content reads."""

from pathlib import Path

import pytest
import yaml
from flask import Flask

from app.classroom import content
from app.enrollment.models import Course, Module
from app.extensions import db

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
