"""The course as its learner finds it: modules and lessons in order, what is open, what is done, and where to go on."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.classroom.access import Access
from app.classroom.lessons import Lesson
from app.classroom.progress import LessonProgress
from app.enrollment.models import Module
from app.extensions import db

# What a list of lessons shows; their texts are left where they are.
LISTED = (Lesson.module_id, Lesson.slug, Lesson.position, Lesson.title, Lesson.summary, Lesson.duration_minutes)


@dataclass(frozen=True)
class Step:
    """A lesson on one's way through the course."""

    lesson: Lesson
    part: "Part"
    progress: LessonProgress | None

    @property
    def is_done(self) -> bool:
        return bool(self.progress and self.progress.completed_at)

    @property
    def is_open(self) -> bool:
        return self.part.opens_at is None

    @property
    def state(self) -> str:
        """ "done", "begun", "closed" or "new"."""
        if self.is_done:
            return "done"
        return "closed" if not self.is_open else "begun" if self.progress else "new"


@dataclass(frozen=True)
class Part:
    """A module on one's way through the course."""

    module: Module
    opens_at: datetime | None  # None when it is open.
    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


@dataclass(frozen=True)
class Outline:
    """Found in three queries, however many lessons there are."""

    parts: list[Part]

    @classmethod
    def of(cls, access: Access) -> "Outline":
        in_course = select(Module).filter_by(course_id=access.course.id, is_retired=False)
        modules = list(db.session.scalars(in_course.order_by(Module.position, Module.id)))
        standing = select(Lesson).where(Lesson.is_retired.is_(False), Lesson.module_id.in_([row.id for row in modules]))
        lessons = list(db.session.scalars(standing.options(load_only(*LISTED)).order_by(Lesson.position, Lesson.id)))
        progress = LessonProgress.all_of(access.person)
        parts = [Part(module, access.opens_at(module), []) for module in modules]
        by_module = {part.module.id: part for part in parts}
        for lesson in lessons:
            part = by_module[lesson.module_id]
            part.steps.append(Step(lesson, part, progress.get(lesson.id)))
        return cls(parts)

    @cached_property
    def steps(self) -> list[Step]:
        """Every lesson, in order."""
        return [step for part in self.parts for step in part.steps]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def percent(self) -> int:
        """Full only when all is done."""
        return self.done * 100 // len(self.steps) if self.steps else 0

    @property
    def opens_next(self) -> Part | None:
        """The next module that opens, if one is closed."""
        closed = [part for part in self.parts if part.opens_at]
        return min(closed, key=lambda part: part.opens_at or datetime.max) if closed else None

    @property
    def last_seen(self) -> Step | None:
        seen = [step for step in self.steps if step.progress]
        return max(seen, key=lambda step: step.progress.seen_at if step.progress else datetime.min, default=None)

    @property
    def resume(self) -> Step | None:
        """Where to go on: at the lesson looked at last or, if that is done or closed, at the first open one after it
        that is not done, or before it. None when there is nothing to do.
        """
        last = self.last_seen
        at = self.steps.index(last) if last else 0
        return next((step for step in self.steps[at:] + self.steps[:at] if step.is_open and not step.is_done), None)

    def step(self, module_slug: str, slug: str) -> Step | None:
        """The lesson of these slugs, if it is in the course."""
        named = (step for step in self.steps if step.part.module.slug == module_slug and step.lesson.slug == slug)
        return next(named, None)

    def before(self, step: Step) -> Step | None:
        at = self.steps.index(step)
        return self.steps[at - 1] if at else None

    def after(self, step: Step) -> Step | None:
        at = self.steps.index(step) + 1
        return self.steps[at] if at < len(self.steps) else None
