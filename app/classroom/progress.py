"""How far somebody has come: which lessons they opened and finished, and when they had finished all of them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.classroom.access import Access
from app.classroom.lessons import Lesson
from app.clock import in_zone, now
from app.enrollment.models import Course, Module
from app.extensions import Model, came_first, db, insert_with_conflict
from app.people.models import Person


class LessonProgress(Model):
    """What a person did with a lesson, and when. There is a row from the moment they first open it."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True, index=True)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)  # When they were last at it, to within a day.
    completed_at: Mapped[datetime | None]

    @classmethod
    def all_of(cls, person: Person) -> "dict[int, LessonProgress]":
        """By the number of the lesson."""
        return {row.lesson_id: row for row in db.session.scalars(select(cls).filter_by(person_id=person.id))}

    @classmethod
    def see(cls, person: Person, lesson: Lesson) -> None:
        """Note that the lesson is what the person looked at last."""
        _upsert(person, lesson, seen_at=now())

    @classmethod
    def complete(cls, access: Access, lesson: Lesson) -> "CourseCompletion | None":
        """Note that the person is done with the lesson, and with the course if that was the last one.

        The completion, if it is one, the first time. Lock the person first: lessons that are finished at the same
        moment take turns.
        """
        person = access.person
        _upsert(person, lesson, completed_at=now())
        return CourseCompletion.note(access) if not _remaining(person, lesson.module.course_id) else None

    @classmethod
    def reopen(cls, person: Person, lesson: Lesson) -> None:
        """Take back that the lesson is done. That the course was completed on its day stays true."""
        _upsert(person, lesson, completed_at=None)


class CourseCompletion(Model):
    """A person was done with every lesson of the course. Lessons that are added later change nothing about that."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True, index=True)
    completed_at: Mapped[datetime] = mapped_column(default=now)
    completed_on: Mapped[date]  # Where the cohort is held.

    @classmethod
    def of(cls, person: Person, course: Course) -> "CourseCompletion | None":
        return db.session.get(cls, (person.id, course.id))

    @classmethod
    def note(cls, access: Access) -> "CourseCompletion | None":
        """The completion, unless there was one before."""
        today = in_zone(now(), access.zone).date()
        completion = cls(person_id=access.person.id, course_id=access.course.id, completed_on=today)
        return completion if came_first(completion) else None


def _upsert(person: Person, lesson: Lesson, **values: datetime | None) -> None:
    """One statement, so that two windows that open at once do not stand in each other's way."""
    moment = now()
    row = {"person_id": person.id, "lesson_id": lesson.id, "opened_at": moment, "seen_at": moment} | values
    statement = insert_with_conflict(LessonProgress).values(**row)
    keys = [LessonProgress.person_id, LessonProgress.lesson_id]
    db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


def _remaining(person: Person, course_id: int) -> int:
    """How many lessons of the course the person is not done with."""
    done = select(LessonProgress.lesson_id).where(
        LessonProgress.person_id == person.id, LessonProgress.completed_at.is_not(None)
    )
    standing = select(func.count(Lesson.id)).join(Lesson.module)
    standing = standing.where(Module.course_id == course_id, Module.is_retired.is_(False), Lesson.is_retired.is_(False))
    return db.session.scalars(standing.where(Lesson.id.not_in(done))).one()
