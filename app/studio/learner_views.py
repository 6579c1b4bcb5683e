"""Who is in a cohort, how far they are, and who has stalled."""

from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.classroom.access import opening_of
from app.classroom.lessons import Lesson
from app.classroom.progress import LessonProgress
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Module
from app.extensions import UTCDateTime, db
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

STALLED_AFTER = timedelta(days=10)


class Way(NamedTuple):
    """How far somebody is: lessons done, lessons open to them, when they were last in one, and since when one waits."""

    done: int
    is_open: int
    last_seen: datetime | None
    waiting_since: datetime | None

    @property
    def has_stalled(self) -> bool:
        """Whether lessons wait for them, and they were in none for a while."""
        return self.waiting_since is not None and self.waiting_since < now() - STALLED_AFTER


@bp.get("/cohorts/<int(max=2147483647):cohort_id>/learners")
def list_learners(cohort_id: int) -> ResponseReturnValue:
    cohort = db.session.get(Cohort, cohort_id) or abort(404)
    asked = Asked.by(request.args)
    stalled = _stalled(cohort) if asked.state == "stalled" else []
    states: dict[str, ColumnElement[bool]] = {
        "enrolled": Enrollment.ended_at.is_(None) & Person.erased_at.is_(None),
        # Written out: there may be more of them than a statement may have parameters.
        "stalled": Enrollment.id.in_(bindparam("stalled", stalled, expanding=True, literal_execute=True)),
        "ended": Enrollment.ended_at.is_not(None),
        "erased": Enrollment.ended_at.is_(None) & Person.erased_at.is_not(None),
    }
    places = Listing(
        rows=_places(cohort).join(Enrollment.person).options(contains_eager(Enrollment.person)),
        number=Enrollment.id,
        searched=(Person.email, Person.name),
        states=states,
    )
    page = places.page(asked)
    ways = _ways(cohort, page.rows, [place.person_id for place in page.rows])
    return render_template("studio/learners.html", cohort=cohort, page=page, ways=ways)


def _places(cohort: Cohort) -> Select[Enrollment]:
    places = select(Enrollment).join(Enrollment.order).where(Enrollment.cohort_id == cohort.id)
    return places.options(contains_eager(Enrollment.order), joinedload(Enrollment.moved_from))


def _stalled(cohort: Cohort) -> list[int]:
    """The numbers of the places whose people have."""
    standing = _places(cohort).where(Enrollment.opens(), Enrollment.enrolled_at < now() - STALLED_AFTER)
    places = list(db.session.scalars(standing.join(Enrollment.person).where(Person.erased_at.is_(None))))
    people = select(Enrollment.person_id).where(Enrollment.cohort_id == cohort.id)
    return [number for number, way in _ways(cohort, places, people).items() if way.has_stalled]


def _ways(cohort: Cohort, places: list[Enrollment], people: Select[int] | list[int]) -> dict[int, Way]:
    """By the number of the place, in two queries. `people` has the numbers of those who have the places."""
    modules = _modules(cohort)
    last_seen = func.max(LessonProgress.seen_at, type_=UTCDateTime)
    progress = select(LessonProgress.person_id, func.count(LessonProgress.completed_at), last_seen)
    mine = progress.join(Lesson, Lesson.id == LessonProgress.lesson_id).where(
        LessonProgress.person_id.in_(people),
        Lesson.module_id.in_([module.id for module, _ in modules]),
        Lesson.is_retired.is_(False),
    )
    found = db.session.execute(mine.group_by(LessonProgress.person_id))
    seen = {person_id: (done, last) for person_id, done, last in found}
    return {place.id: _way(place, modules, *seen.get(place.person_id, (0, None))) for place in places}


def _way(place: Enrollment, modules: list[tuple[Module, int]], done: int, last_seen: datetime | None) -> Way:
    opened = sorted((at, lessons) for module, lessons in modules if (at := opening_of(module, place)) <= now())
    starts_on = place.cohort.starts_on
    # Nobody has to begin before the cohort does, or before they are enrolled.
    begins = datetime.combine(starts_on, time(), UTC) if starts_on else place.enrolled_at
    reached = zip(opened, accumulate(lessons for _, lessons in opened), strict=True)
    next_opened = next((at for (at, _), lessons in reached if lessons > done), None)
    since = max(next_opened, begins, place.enrolled_at, last_seen or begins) if next_opened else None
    return Way(done, sum(lessons for _, lessons in opened), last_seen, since)


def _modules(cohort: Cohort) -> list[tuple[Module, int]]:
    """Those of the course, each with the number of its lessons."""
    lessons = select(Module, func.count(Lesson.id)).join(Lesson, Lesson.module_id == Module.id)
    standing = lessons.where(
        Module.course_id == cohort.course_id, Module.is_retired.is_(False), Lesson.is_retired.is_(False)
    )
    return [(module, number) for module, number in db.session.execute(standing.group_by(Module.id))]
