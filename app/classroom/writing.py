"""What learners write in lessons: answers, kept by the keys of the questions, and private notes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.classroom.lessons import Lesson
from app.clock import now
from app.extensions import Model, db
from app.people.models import Person

NOTES = "_notes"  # No key of a question looks like that.
NOTES_LABEL = "Your notes"
QUESTION = "_question"  # What one means to ask the coach, until it is asked.
QUESTION_LABEL = "Your question"
LONGEST_ANSWER, LONGEST_NOTES = 5000, 20_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Writing(Model):
    """The words of one person under one key of a lesson, with the question as it was when they wrote them."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True, index=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    question: Mapped[str] = mapped_column(String(1000))
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def all_of(cls, person: Person, lesson: Lesson) -> "dict[str, Writing]":
        """By key."""
        written = select(cls).filter_by(person_id=person.id, lesson_id=lesson.id).order_by(cls.key)
        return {row.key: row for row in db.session.scalars(written)}


class Typed(NamedTuple):
    """What came from a page, and the marks, between spaces, of what that page showed before it was typed into, and of
    what it sent since without having got an answer.
    """

    text: str
    seen: str


@dataclass(frozen=True)
class Page:
    """The writing of a lesson as its page shows it, by key: the words, and of what is saved the marks; and why some of
    the words are not saved, or what somebody else's device saved in their place.
    """

    texts: dict[str, str]
    marks: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    saved_elsewhere: dict[str, str] = field(default_factory=dict)

    questions: dict[str, str] = field(default_factory=dict)  # As they were when they were answered.
    saved_at: dict[str, datetime] = field(default_factory=dict)

    def no_longer_asked(self, lesson: Lesson) -> list[tuple[str, str]]:
        """Questions that the lesson has no more, and their answers."""
        asked = questions_of(lesson)
        return [(self.questions.get(key, ""), text) for key, text in self.texts.items() if text and key not in asked]

    def last_saved(self, keys: Iterable[str]) -> datetime | None:
        """When any of these words were; None when none ever was."""
        return max((self.saved_at[key] for key in keys if key in self.saved_at), default=None)

    @property
    def is_saved(self) -> bool:
        return not self.problems and not self.saved_elsewhere


def questions_of(lesson: Lesson) -> dict[str, str]:
    """What is asked in the lesson, by key; last the notes, and what one means to ask."""
    worksheet = {entry["key"]: entry["label"] for entry in lesson.worksheet}
    reflection = {entry["key"]: entry["question"] for entry in lesson.reflection}
    return worksheet | reflection | {NOTES: NOTES_LABEL, QUESTION: QUESTION_LABEL}


def read(person: Person, lesson: Lesson) -> Page:
    written = Writing.all_of(person, lesson)
    texts = {key: row.text for key, row in written.items()}
    questions = {key: row.question for key, row in written.items()}
    saved_at = {key: row.updated_at for key, row in written.items()}
    return Page(texts, _marks(texts, lesson), questions=questions, saved_at=saved_at)


def keep(person: Person, lesson: Lesson, typed: dict[str, Typed]) -> Page:
    """Save what was typed, as far as nobody changed the same words elsewhere since the page was read; what the page
    shows after that.

    A field that was left as it was changes nothing. Of one that was changed here and, otherwise, on another device,
    both texts are in the answer, and the mark of the other: sent again, what was typed here takes its place.

    Lock the person first, so that two devices take turns.
    """
    written, questions = Writing.all_of(person, lesson), questions_of(lesson)
    saved = {key: row.text for key, row in written.items()}
    shown, problems, elsewhere = dict(saved), {}, {}
    for key, (sent, seen) in typed.items():
        text, before = tidy(sent), saved.get(key, "")
        if text == before or mark(text) == seen:
            continue
        shown[key] = text
        if problem := _problem(key, text, questions):
            problems[key] = problem
        if mark(before) not in (seen or mark("")).split():
            elsewhere[key] = before
        elif not problem:
            _write(person, lesson, key, questions[key], text, written.get(key))
            saved[key] = text
    asked = {key: row.question for key, row in written.items()}
    return Page(shown, _marks(saved, lesson), problems, elsewhere, asked)


def _marks(saved: dict[str, str], lesson: Lesson) -> dict[str, str]:
    return {key: mark(saved.get(key, "")) for key in questions_of(lesson)}


def mark(text: str) -> str:
    """As static/js/autosave.js makes it too."""
    return sha256(text.encode()).hexdigest()[:16]


def tidy(text: str) -> str:
    """As it is kept: browsers send two characters for the end of a line."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def most(key: str) -> int:
    return LONGEST_NOTES if key == NOTES else LONGEST_ANSWER


def _problem(key: str, text: str, questions: dict[str, str]) -> str:
    if key not in questions:
        return "A question is no longer in the lesson. Copy what you wrote to it into your notes to keep it."
    if len(text) > most(key):
        return f"This is longer than we can keep ({len(text):,} characters of {most(key):,}). Please shorten it."
    return ""


def _write(person: Person, lesson: Lesson, key: str, question: str, text: str, row: Writing | None) -> None:
    if row is None:
        row = Writing(person_id=person.id, lesson_id=lesson.id, key=key)
        db.session.add(row)
    row.question, row.text, row.updated_at = question, text, now()
