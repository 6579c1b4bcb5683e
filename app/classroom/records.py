"""What the classroom holds of a person: what they wrote, how far they came, and how the quizzes went."""

from typing import Any

from sqlalchemy import delete, select

from app.classroom.announcements.models import AnnouncementCopy
from app.classroom.lessons import Lesson
from app.classroom.live.calendars import LearnersCalendar
from app.classroom.live.reminding import SessionReminder
from app.classroom.live.telling import SessionNews
from app.classroom.progress import CourseCompletion, LessonProgress
from app.classroom.questions.models import LessonQuestion
from app.classroom.quizzes import QuizResult
from app.classroom.writing import Writing
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.extensions import db
from app.people import records
from app.people.models import Person

OF_LESSONS: dict[str, type[Writing] | type[LessonProgress] | type[QuizResult] | type[LessonQuestion]] = {
    "writing": Writing,
    "progress": LessonProgress,
    "quizzes": QuizResult,
    "questions": LessonQuestion,
}


def _export(person: Person) -> dict[str, Any]:
    told = {name: _of_lessons(person, kind) for name, kind in OF_LESSONS.items()}
    completed = select(CourseCompletion, Course.title).join(Course, Course.id == CourseCompletion.course_id)
    found = db.session.execute(completed.where(CourseCompletion.person_id == person.id))
    told["completed"] = [records.row(completion, course=title) for completion, title in found]
    return {name: rows for name, rows in told.items() if rows}


def _of_lessons(person: Person, kind: Any) -> list[dict[str, Any]]:
    found = select(kind, Lesson.title).join(Lesson, Lesson.id == kind.lesson_id).where(kind.person_id == person.id)
    rows = db.session.execute(found.order_by(kind.lesson_id, *([Writing.key] if kind is Writing else [])))
    return [records.row(row, lesson=title) for row, title in rows]


def _erase(person: Person) -> None:
    for kind in (*OF_LESSONS.values(), CourseCompletion):
        db.session.execute(delete(kind).where(kind.person_id == person.id))
    db.session.execute(delete(LearnersCalendar).where(LearnersCalendar.person_id == person.id))
    places = select(Enrollment.id).where(Enrollment.person_id == person.id)
    for told in (SessionReminder, SessionNews, AnnouncementCopy):
        db.session.execute(delete(told).where(told.enrollment_id.in_(places)))


HOLDS = "what you wrote and asked in lessons, how far you came, and your quizzes"
records.register("classroom", records.Part(HOLDS, _export, _erase, is_private=True))
