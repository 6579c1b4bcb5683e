"""Short quizzes: what was answered last, and how well it went at best."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.classroom.lessons import Lesson
from app.clock import now
from app.extensions import Model, db
from app.newsletter.issues.seen import mark_of
from app.people.models import Person


class QuizResult(Model):
    """A person's result in the quiz of a lesson. However often it is taken, only the best counts."""

    __table_args__ = (CheckConstraint("best BETWEEN 0 AND questions", name="best_in_bounds"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True, index=True)
    quiz_mark: Mapped[str] = mapped_column(String(16))  # Another quiz has other results.
    questions: Mapped[int]
    best: Mapped[int]
    best_at: Mapped[datetime]
    attempts: Mapped[int]
    chosen: Mapped[list[int]] = mapped_column(JSON)  # The last time, an option for each question.
    taken_at: Mapped[datetime]

    @classmethod
    def of(cls, person: Person, lesson: Lesson) -> "QuizResult | None":
        """The result in the quiz as it is now."""
        result = db.session.get(cls, (person.id, lesson.id))
        return result if result and result.quiz_mark == mark_of(lesson.quiz) else None

    @classmethod
    def take(cls, person: Person, lesson: Lesson, chosen: list[int]) -> "QuizResult":
        """Note an attempt, with an option for each question. Lock the person first."""
        moment, right = now(), sum(map(_is_right, lesson.quiz, chosen))
        result = db.session.get(cls, (person.id, lesson.id), populate_existing=True)
        if result is None:
            result = cls(person_id=person.id, lesson_id=lesson.id, attempts=0, quiz_mark="")
            db.session.add(result)
        if result.quiz_mark != mark_of(lesson.quiz):
            result.quiz_mark, result.questions, result.best, result.attempts = mark_of(lesson.quiz), len(chosen), -1, 0
        result.attempts, result.chosen, result.taken_at = result.attempts + 1, chosen, moment
        if right > result.best:
            result.best, result.best_at = right, moment
        return result

    def right(self, lesson: Lesson) -> int:
        """How many were right the last time."""
        return sum(map(_is_right, lesson.quiz, self.chosen))


class Choices(NamedTuple):
    """What was chosen in the form, an option or none for each question."""

    chosen: list[int | None]

    @classmethod
    def sent(cls, lesson: Lesson, form: dict[str, str]) -> "Choices":
        return cls([_option(form.get(f"quiz-{number}", ""), each) for number, each in enumerate(lesson.quiz)])

    @property
    def complete(self) -> list[int] | None:
        """An option for each question, or None when one has none."""
        answered = [option for option in self.chosen if option is not None]
        return answered if len(answered) == len(self.chosen) else None


def _option(value: str, question: dict[str, Any]) -> int | None:
    fits = value.isascii() and value.isdecimal() and len(value) == 1 and int(value) < len(question["options"])
    return int(value) if fits else None


def _is_right(question: dict[str, Any], option: int) -> bool:
    return bool(question["answer"] == option)
