"""A lesson, as it is read."""

import logging
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import joinedload

from app.classroom import writing
from app.classroom.blueprint import access, bp, typed
from app.classroom.files import CourseFile
from app.classroom.lessons import Lesson
from app.classroom.outline import Outline, Step
from app.classroom.progress import LessonProgress
from app.classroom.questions.models import LessonQuestion
from app.classroom.quizzes import Choices, QuizResult
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Module
from app.extensions import db, write_on_get
from app.publishing import echoes_nothing

log = logging.getLogger(__name__)
A_LESSON = "/<module_slug>/<slug>"


class Wanted(NamedTuple):
    """The lesson that is asked for, and where it stands in the course."""

    lesson: Lesson
    step: Step
    outline: Outline


def wanted(module_slug: str, slug: str) -> Wanted:
    """The lesson, if it is open to the visitor. Aborts with the page that says why not."""
    outline = Outline.of(access())
    if (step := outline.step(module_slug, slug)) is None:
        abort(_of_a_retired_one(module_slug, slug) or 404)
    if not step.is_open:
        page = render_template("classroom/closed.html", access=access(), step=step, typed=typed())
        abort(make_response(page, 403))
    return Wanted(db.session.get_one(Lesson, step.lesson.id, populate_existing=True), step, outline)


@bp.get(A_LESSON)
@echoes_nothing
def show_lesson(module_slug: str, slug: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    page = lesson_page(found, writing.read(access().person, found.lesson))
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        _note_seen(found)
    return page


def lesson_page(found: Wanted, words: writing.Page, **more: Any) -> str:
    """The page of the lesson, with what was written in it as `words` has it; optional: `message`, why something was not
    done, in which section that stands (`at`: "quiz" or "question"), and `choices`, what was chosen in the quiz.
    """
    person, lesson = access().person, found.lesson
    again = request.args.get("quiz") == "again"
    return render_template(
        "classroom/lesson.html",
        access=access(),
        lesson=lesson,
        step=found.step,
        outline=found.outline,
        words=words,
        notes=writing.NOTES,
        question=writing.QUESTION,
        asked=LessonQuestion.all_of(person, lesson),
        no_longer_asked=words.no_longer_asked(lesson),
        contents=_contents(lesson),
        files=CourseFile.all_named(lesson.file_names),
        result=None if again or not lesson.quiz else QuizResult.of(person, lesson),
        **({"choices": Choices([None] * len(lesson.quiz)), "message": "", "at": ""} | more),
    )


def _contents(lesson: Lesson) -> list[dict[str, str]]:
    """The way through the page: the headings of the text, and what is there to do."""
    parts = {"worksheet": lesson.worksheet, "reflection": lesson.reflection, "quiz": lesson.quiz}
    to_do = [name for name, entries in parts.items() if entries]
    return lesson.contents + [
        {"anchor": name, "short": name.capitalize()} for name in (*to_do, "notes", "question", "progress")
    ]


def _note_seen(found: Wanted) -> None:
    """Note what is looked at; of the lesson that was looked at last, once a day. A page that can be read is not held
    back because nothing can be written just now.
    """
    seen, unbegun = found.step.progress, [place for place in access().places if not place.begun_at]
    if not unbegun and seen and found.outline.last_seen is found.step and seen.seen_at > now() - timedelta(days=1):
        return
    try:
        write_on_get()
        if unbegun:
            Enrollment.begin_all(unbegun)
        LessonProgress.see(access().person, found.lesson)
        db.session.commit()
    except (OperationalError, IntegrityError) as problem:  # The latter when the person is erased at this moment.
        db.session.rollback()
        log.warning("not noted that a lesson was opened: %s", problem)


def _of_a_retired_one(module_slug: str, slug: str) -> Response | None:
    """A lesson that is no longer in the course shows to those who wrote in it what they wrote."""
    gone = select(Lesson).join(Lesson.module).options(joinedload(Lesson.module))
    gone = gone.where(Lesson.slug == slug, Module.slug == module_slug, Module.course_id == access().course.id)
    lesson = db.session.scalar(gone.where(or_(Lesson.is_retired, Module.is_retired)))
    written = writing.Writing.all_of(access().person, lesson).values() if lesson else ()
    if not typed() and not any(row.text for row in written):
        return None
    page = render_template("classroom/retired.html", lesson=lesson, written=written, typed=typed())
    return make_response(page, 410)
