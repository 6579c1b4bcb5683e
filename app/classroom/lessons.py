"""Lessons: what is read, heard, filled in and asked in a module."""

import re
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.enrollment.models import Course, Module, lessons_timed
from app.extensions import Model, db
from app.hub.written import Written

LONGEST_ADDRESS = 2000
_YOUTUBE = re.compile(
    r"https://(?:youtu\.be/|(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|embed/))([\w-]{11})(?![\w-])",
    re.ASCII,
)


class Lesson(Model, Written):
    """A lesson of a module. Its lists are as the content file has them, checked by `content_fields`.

    What learners write hangs on it by the keys of its questions. A lesson that is taken out of the course is retired,
    never deleted, so that their words stay.
    """

    __table_args__ = (
        UniqueConstraint("module_id", "slug"),
        CheckConstraint("duration_minutes >= 1", name="takes_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    slug: Mapped[str] = mapped_column(String(160))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(300))
    duration_minutes: Mapped[int]
    video: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    audio: Mapped[str | None] = mapped_column(String(100))  # The name of a course file.
    downloads: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)  # title, file
    worksheet: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # key, label, maybe help, lines
    reflection: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)  # key, question
    quiz: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # question, options, answer from 0, why
    is_retired: Mapped[bool] = mapped_column(default=False)
    module: Mapped[Module] = relationship()

    @property
    def youtube_id(self) -> str | None:
        """Of a video that can be played here, fetched from YouTube once somebody asks for it; None of another."""
        found = _YOUTUBE.match(self.video or "")
        return found[1] if found else None

    @property
    def file_names(self) -> set[str]:
        """The course files that go with it."""
        return {entry["file"] for entry in self.downloads} | ({self.audio} if self.audio else set())


@lessons_timed.connect
def minutes_of(course: Course) -> int:
    """What all lessons of the course take together."""
    total = select(func.sum(Lesson.duration_minutes)).join(Lesson.module)
    return db.session.scalar(total.where(Module.course_id == course.id, ~Lesson.is_retired)) or 0
