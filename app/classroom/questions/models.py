from datetime import datetime

from markupsafe import Markup
from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import markdown, patient_information
from app.classroom.lessons import Lesson
from app.classroom.writing import LONGEST_ANSWER, QUESTION, Writing, tidy
from app.clock import now
from app.extensions import Model, db
from app.people.forms import without_unseen
from app.people.models import Person

OPEN = text("answered_at IS NULL")
MOST_OPEN = 10


class CannotAsk(Exception):
    """Nothing was asked. The message, for whoever wanted to, says why and what to do."""


class LessonQuestion(Model):
    """What somebody asks about a lesson. Its answer is for them alone."""

    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answered_in_words"),
        Index("ix_lesson_question_person", "person_id", "lesson_id"),
        Index("ix_lesson_question_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), index=True)
    text: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
    lesson: Mapped[Lesson] = relationship()

    @classmethod
    def all_of(cls, person: Person, lesson: Lesson) -> "list[LessonQuestion]":
        mine = select(cls).filter_by(person_id=person.id, lesson_id=lesson.id)
        return list(db.session.scalars(mine.order_by(cls.id)))

    @classmethod
    def is_waiting(cls, person: Person, lesson: Lesson, typed: str) -> bool:
        """Whether the person asked this in the lesson before, and it waits for an answer."""
        asked = select(cls.text).where(cls.person_id == person.id, cls.lesson_id == lesson.id, OPEN)
        return _words(typed) in db.session.scalars(asked)

    @classmethod
    def ask(cls, person: Person, lesson: Lesson, typed: str) -> "LessonQuestion | None":
        """Ask what the person typed, which is a draft no more; None when that waits for an answer already.

        Lock the person first. Raises CannotAsk, and then the draft stays.
        """
        words = _words(typed)
        if not words:
            raise CannotAsk("Please write your question first.")
        if len(words) > LONGEST_ANSWER:
            raise CannotAsk(f"Please shorten your question to at most {LONGEST_ANSWER:,} characters.")
        if what := patient_information.found_in(words):
            raise CannotAsk(
                f"This looks as if it holds {what}. Please take out anything that could point to a patient; the "
                "situation is enough. What you wrote is still here."
            )
        question = None
        if not cls.is_waiting(person, lesson, words):
            waiting = select(func.count()).select_from(cls).where(cls.person_id == person.id, OPEN)
            if db.session.scalars(waiting).one() >= MOST_OPEN:
                raise CannotAsk(f"{MOST_OPEN} of your questions wait for an answer. This one is kept here until then.")
            question = cls(person=person, lesson=lesson, text=words)
            db.session.add(question)
        draft = db.session.get(Writing, (person.id, lesson.id, QUESTION))
        if draft and _words(draft.text) == words:
            draft.text = ""
        return question

    @property
    def answer_html(self) -> Markup:
        return markdown.render_answer(self.answer)

    @classmethod
    def for_update(cls, question_id: int) -> "LessonQuestion | None":
        return db.session.get(cls, question_id, with_for_update=True, populate_existing=True)

    def answer_with(self, words: str) -> bool:
        """Whether that is the answer now; False when there was one. Lock it first."""
        if self.answered_at:
            return False
        self.answer, self.answered_at = words, now()
        return True


def _words(typed: str) -> str:
    return without_unseen(tidy(typed)).strip()
