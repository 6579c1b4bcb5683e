"""Search in the classroom: the modules, the lessons that are open to the learner, and what they wrote themselves."""

from collections.abc import Iterator

from flask import url_for
from sqlalchemy import or_, select

from app.classroom.access import Access
from app.classroom.lessons import Lesson
from app.classroom.writing import NOTES, QUESTION, Writing
from app.enrollment.models import Module
from app.extensions import db
from app.hub.search import MOST_RESULTS, Result, best_first, excerpt, rank, words_in


def find(access: Access, query: str) -> list[Result]:
    """What `query` finds, the best first, in a fixed number of queries and never more than MOST_RESULTS."""
    if not (words := words_in(query)):
        return []
    modules = db.session.scalars(select(Module).filter_by(course_id=access.course.id, is_retired=False))
    is_open = [module.id for module in modules if access.opens_at(module) is None]
    found = [*_modules(access, words), *_lessons(is_open, words), *_own_words(access, is_open, words)]
    found.sort(key=lambda ranked: ranked[0])
    return [result for _rank, result in found[:MOST_RESULTS]]


def _modules(access: Access, words: list[str]) -> Iterator[tuple[int, Result]]:
    """Those that are not open yet too: everybody may read their titles and summaries."""
    wanted = select(rank(words, Module.title, Module.summary), Module)
    wanted = wanted.where(Module.course_id == access.course.id, Module.is_retired.is_(False))
    for found_at, module in best_first(wanted, words, Module.title, Module.summary):
        url = url_for("classroom.show_classroom", _anchor=f"module-{module.slug}")
        yield found_at, Result(module.title, url, "Module", excerpt(words, module.summary))


def _lessons(modules: list[int], words: list[str]) -> Iterator[tuple[int, Result]]:
    wanted = select(rank(words, Lesson.title, Lesson.summary, Lesson.body), Lesson, Module).join(Lesson.module)
    wanted = wanted.where(Lesson.module_id.in_(modules), Lesson.is_retired.is_(False))
    for found_at, lesson, module in best_first(wanted, words, Lesson.title, Lesson.summary, Lesson.body):
        url = url_for("classroom.show_lesson", module_slug=module.slug, slug=lesson.slug)
        yield found_at, Result(lesson.title, url, module.title, excerpt(words, lesson.text, lesson.summary))


def _own_words(access: Access, modules: list[int], words: list[str]) -> Iterator[tuple[int, Result]]:
    """Those in lessons that are no longer in the course too, whose page shows them."""
    wanted = select(rank(words, Writing.question, Writing.text), Writing, Lesson, Module)
    wanted = wanted.join(Lesson, Lesson.id == Writing.lesson_id).join(Lesson.module)
    may_be_read = or_(Lesson.module_id.in_(modules), Lesson.is_retired, Module.is_retired)
    wanted = wanted.where(Writing.person_id == access.person.id, Module.course_id == access.course.id, may_be_read)
    for found_at, written, lesson, module in best_first(wanted, words, Writing.text):
        kind = {NOTES: "Your notes", QUESTION: "Your question"}.get(written.key, "Your answer")
        address = {"module_slug": module.slug, "slug": lesson.slug, "_anchor": f"text-{written.key}"}
        yield (
            found_at,
            Result(lesson.title, url_for("classroom.show_lesson", **address), kind, excerpt(words, written.text)),
        )
