"""What a department reads of those who allow it: how many lessons they have done, and nothing that they wrote."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.classroom.lessons import Lesson
from app.classroom.progress import LessonProgress
from app.enrollment.department.progress import TELLS
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Module
from app.extensions import db


def lessons_done(places: Sequence[Enrollment]) -> dict[int, str]:
    """Such as "7 of 18 lessons done", by the number of the place; all of them are of one course."""
    standing = select(Lesson.id).join(Lesson.module)
    standing = standing.where(
        Module.course_id == places[0].cohort.course_id, Module.is_retired.is_(False), Lesson.is_retired.is_(False)
    )
    number = db.session.scalars(select(func.count()).select_from(standing.subquery())).one()
    done = select(LessonProgress.person_id, func.count()).where(
        LessonProgress.person_id.in_([place.person_id for place in places]),
        LessonProgress.completed_at.is_not(None),
        LessonProgress.lesson_id.in_(standing),
    )
    counted = {person_id: count for person_id, count in db.session.execute(done.group_by(LessonProgress.person_id))}
    return {place.id: f"{counted.get(place.person_id, 0)} of {number} lessons done" for place in places}


TELLS.append(lessons_done)
