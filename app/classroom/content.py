"""The lessons as files: course/lessons/<module>/NN-<lesson>.md and course/files/*, taken in without loss."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import front_matter as read
from app.classroom import content_fields as fields
from app.classroom.files import CourseFile, UnfitFile, content_type_of
from app.classroom.lessons import Lesson
from app.content_files import ContentError, ContentFile
from app.enrollment.models import Course, Module
from app.extensions import db

REQUIRED = ("title", "summary", "minutes")
OPTIONAL = ("video", "audio", "downloads", "worksheet", "reflection", "quiz")
_STEM = re.compile(r"(\d{2,3})-([a-z0-9]+(?:-[a-z0-9]+)*)")


def import_from(folder: Path) -> None:
    """Take in the lessons and the files of the course of `folder`, as far as it has folders for them.

    A lesson that is no longer there is retired: nobody sees it, and what learners wrote in it stays, and is there again
    when the lesson comes back under its module and name. So do answers when the words of their question change: they
    are kept by its key. A file that is no longer there goes. Raises ContentError.
    """
    lessons, files = folder / "course" / "lessons", folder / "course" / "files"
    if files.is_dir():
        _take_files(files)
    if lessons.is_dir():
        _take_lessons(lessons)
    if files.is_dir() or lessons.is_dir():
        db.session.flush()
        _refuse_missing_files(lessons)


def export_to(folder: Path) -> None:
    """Write lessons and files into `folder`."""
    for lesson, module_slug in _lessons():
        name = f"{lesson.position:02}-{lesson.slug}.md"
        ContentFile(folder / "course" / "lessons" / module_slug / name, _front_matter(lesson), lesson.body).write()
    files = CourseFile.all_by_name()
    for name in files.keys() - {_drawn_from(name) for name in files}:
        path = folder / "course" / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files[name].write_to(path)


def _take_files(folder: Path) -> None:
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    names = {path.name for path in found}
    for path in found:
        try:
            if _drawn_from(path.name) in names:
                raise UnfitFile(f"{_drawn_from(path.name)} is drawn from it: leave that out, or this")
            _take_file(path)
        except UnfitFile as problem:
            raise ContentError(f"{path}: {problem}") from None
    for name, file in CourseFile.all_by_name().items():
        if name not in names | {_drawn_from(name) for name in names}:
            db.session.delete(file)


def _take_file(path: Path) -> None:
    """Keep it and, of a handout that is not kept as it is, what is drawn from it."""
    before, file, pdf = CourseFile.named(path.name), CourseFile.keep(path), _drawn_from(path.name)
    if pdf and (file is not before or not CourseFile.named(pdf)):
        from app.classroom import handouts  # It takes a while to import.

        with TemporaryDirectory() as folder:
            drawn = Path(folder) / pdf
            drawn.write_bytes(handouts.draw(handouts.read(path), current_app.config["SITE_NAME"]))
            CourseFile.keep(drawn)


def _drawn_from(name: str) -> str:
    """The name of what is drawn from the file of that name: of a handout its PDF, else nothing."""
    return f"{name.removesuffix('.yaml')}.pdf" if name.endswith(".yaml") else ""


def _take_lessons(folder: Path) -> None:
    if (course := Course.current()) is None:
        raise ContentError(f"{folder}: there is no course that these lessons could be of: bring course/course.md along")
    modules = {module.slug: module for module in db.session.scalars(select(Module).filter_by(course_id=course.id))}
    files = _lesson_files(folder)
    for module_slug in {module_slug for module_slug, _ in files}:
        if module_slug not in modules or modules[module_slug].is_retired:
            raise ContentError(
                f"{folder / module_slug}: there is no module of that name: name the folder as one of "
                f"{', '.join(slug for slug, module in modules.items() if not module.is_retired)}"
            )
    of_course = select(Lesson).where(Lesson.module_id.in_([module.id for module in modules.values()]))
    kept = {(lesson.module_id, lesson.slug): lesson for lesson in db.session.scalars(of_course)}
    for (module_slug, slug), (position, file) in files.items():
        module = modules[module_slug]
        lesson = kept.pop((module.id, slug), None) or Lesson(module=module, slug=slug)
        db.session.add(lesson)
        _change(lesson, _values(file) | {"position": position, "is_retired": False})
    for lesson in kept.values():
        lesson.is_retired = True


def _lesson_files(folder: Path) -> dict[tuple[str, str], tuple[int, ContentFile]]:
    """The files by module and slug, each with the number in its name."""
    found: dict[tuple[str, str], tuple[int, ContentFile]] = {}
    for stray in sorted(folder.glob("*.md")):
        raise ContentError(f"{stray}: put it into the folder of its module, such as lessons/coaching-skills/")
    for module in sorted(path for path in folder.iterdir() if path.is_dir()):
        numbers: dict[int, Path] = {}
        for file in ContentFile.read_folder(module, required=REQUIRED, optional=OPTIONAL):
            position, slug = _name(file)
            if position in numbers:
                raise ContentError(f"{file.path}: its number is that of {numbers[position].name} too")
            if (module.name, slug) in found:
                raise ContentError(f"{file.path}: there are two lessons {slug!r} in this module")
            numbers[position] = file.path
            found[module.name, slug] = position, file
    return found


def _name(file: ContentFile) -> tuple[int, str]:
    name = _STEM.fullmatch(file.path.stem)
    if not name or int(name[1]) < 1 or len(name[2]) > 160:
        raise ContentError(f"{file.path}: name the file with two digits and small letters, such as 01-first-steps.md")
    return int(name[1]), name[2]


def _values(file: ContentFile) -> dict[str, Any]:
    worksheet, reflection = fields.worksheet(file), fields.reflection(file)
    fields.refuse_keys_twice(file, worksheet + reflection)
    return {
        "title": read.line(file, "title"),
        "summary": read.line(file, "summary", 300),
        "duration_minutes": read.number(file, "minutes", 1, 600),
        "video": fields.video(file),
        "audio": fields.audio(file),
        "downloads": fields.downloads(file),
        "worksheet": worksheet,
        "reflection": reflection,
        "quiz": fields.quiz(file),
        "body": read.body(file),
    }


def _change(lesson: Lesson, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(lesson, name) != value:
            setattr(lesson, name, value)


def _refuse_missing_files(folder: Path) -> None:
    names = CourseFile.all_by_name()
    for lesson, module_slug in _lessons():
        path = folder / module_slug / f"{lesson.position:02}-{lesson.slug}.md"
        for key, name in [("audio", lesson.audio), *(("downloads", entry["file"]) for entry in lesson.downloads)]:
            if name and name not in names:
                raise ContentError(f"{path}: {key} names {name!r}, and there is no such file in course/files")
            if name and key == "audio" and not content_type_of(name).startswith("audio/"):
                raise ContentError(
                    f"{path}: audio names {name!r}, which is no recording: it ends in .mp3, .m4a or .ogg"
                )


def _lessons() -> list[tuple[Lesson, str]]:
    """Those that are in the course, each with the slug of its module, in order."""
    of_modules = select(Lesson, Module.slug).join(Lesson.module)
    standing = of_modules.where(Lesson.is_retired.is_(False), Module.is_retired.is_(False))
    found = db.session.execute(standing.order_by(Module.position, Module.id, Lesson.position, Lesson.id))
    return [(lesson, slug) for lesson, slug in found]


def _front_matter(lesson: Lesson) -> dict[str, Any]:
    return {
        "title": lesson.title,
        "summary": lesson.summary,
        "minutes": lesson.duration_minutes,
        "video": lesson.video,
        "audio": lesson.audio,
        "downloads": lesson.downloads,
        "worksheet": lesson.worksheet,
        "reflection": lesson.reflection,
        "quiz": lesson.quiz,
    }
