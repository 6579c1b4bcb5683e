"""The course as files: course/course.md, course/modules/NN-slug.md and course/cohorts.yaml, taken in without loss."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import front_matter as read
from app.content_files import ContentError, ContentFile
from app.enrollment.content_cohorts import price, take_cohorts, upsert, whole_number, write_cohorts
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import NO_CREDIT, TAXES, Course, Module
from app.extensions import db
from app.payments.currencies import problem_of

COURSE_KEYS = (
    *("title", "slug", "eyebrow", "lede", "description", "price_cents", "currency", "sample", "hours"),
    *("questions", "learn", "refund_policy"),
)
MAY_LACK = {"tax": "none", "credit_statement": NO_CREDIT, "coaching": ""}


def import_from(folder: Path) -> None:
    """Take in the course of `folder`, if it holds one. Orders and the seats they took stay as they are.

    A cohort that is no longer in the file goes, unless somebody ordered a place in it: then its sales close. A module
    without a file is retired: it is out of the course, and comes back with its lessons when its file does.
    Raises ContentError.
    """
    path = folder / "course" / "course.md"
    if not path.exists():
        return
    file = ContentFile.read(path, required=COURSE_KEYS, optional=MAY_LACK)
    file = file._replace(meta=MAY_LACK | file.meta)
    course = _course(file)
    db.session.flush()
    _take_modules(course, folder / "course" / "modules")
    take_cohorts(course, folder / "course" / "cohorts.yaml")
    db.session.flush()
    db.session.expire(course, ["modules"])


def export_to(folder: Path) -> None:
    """Write the course into `folder`."""
    if (course := Course.current()) is None:
        return
    root = folder / "course"
    ContentFile(root / "course.md", _front_matter(course), course.body).write()
    for module in course.modules:
        meta = {"title": module.title, "position": module.position, "summary": module.summary}
        if module.opens_in_week != module.position:
            meta["opens_in_week"] = module.opens_in_week
        ContentFile(root / "modules" / f"{module.position:02}-{module.slug}.md", meta, module.body).write()
    write_cohorts(course, root / "cohorts.yaml")


def _course(file: ContentFile) -> Course:
    values = {
        "title": read.line(file, "title"),
        "eyebrow": read.optional_line(file, "eyebrow"),
        "lede": read.line(file, "lede", 500),
        "description": read.line(file, "description", 500),
        "price_cents": price(file, "price_cents"),
        "currency": _currency(file),
        "is_sample": read.yes_or_no(file, "sample"),
        "live_minutes": _minutes(file),
        "question_slugs": read.slugs(file, "questions"),
        "learn": _lines(file, "learn"),
        "refund_policy": read.line(file, "refund_policy", 2000),
        "tax": _tax(file),
        "credit_statement": read.line(file, "credit_statement", 500),
        "coaching": read.optional_line(file, "coaching", 500),
        "body": read.body(file),
    }
    slug = read.slug(file)
    course: Course = upsert(db.session.scalar(select(Course).filter_by(slug=slug)), Course, values, slug=slug)
    return course


def _take_modules(course: Course, folder: Path) -> None:
    kept = {module.slug: module for module in db.session.scalars(select(Module).filter_by(course_id=course.id))}
    found = ContentFile.read_folder(folder, required=("title", "position", "summary"), optional=("opens_in_week",))
    files = {_module_slug(file): file for file in found}
    for slug, file in files.items():
        position = whole_number(file, "position", least=1)
        values: dict[str, Any] = {
            "title": read.line(file, "title"),
            "position": position,
            "opens_in_week": read.number(file, "opens_in_week", 1, 520) if "opens_in_week" in file.meta else position,
            "summary": read.line(file, "summary", 500),
            "body": read.body(file),
            "is_retired": False,
        }
        if slug in kept and Enrollment.would_lose(kept[slug], values["opens_in_week"]):
            raise ContentError(
                f"{file.path}: it is open already to learners of a cohort that opens week by week, and would close: "
                f"write opens_in_week: {kept[slug].opens_in_week}"
            )
        upsert(kept.get(slug), Module, values, slug=slug, course=course)
    for slug in kept.keys() - files.keys():
        kept[slug].is_retired = True


def _module_slug(file: ContentFile) -> str:
    if not (found := re.fullmatch(r"\d{2,}-([a-z0-9]+(?:-[a-z0-9]+)*)", file.path.stem)):
        raise ContentError(f"{file.path}: name the file with two digits and small letters, such as 01-first-steps.md")
    return found[1]


def _front_matter(course: Course) -> dict[str, Any]:
    """As it is read, leaving out what goes without saying."""
    more = {"tax": course.tax, "credit_statement": course.credit_statement, "coaching": course.coaching}
    return {
        "title": course.title,
        "slug": course.slug,
        "eyebrow": course.eyebrow,
        "lede": course.lede,
        "description": course.description,
        "price_cents": course.price_cents,
        "currency": course.currency,
        "sample": course.is_sample,
        "hours": course.hours,
        "questions": list(course.question_slugs),
        "learn": list(course.learn),
        "refund_policy": course.refund_policy,
        **{key: value for key, value in more.items() if MAY_LACK[key] != value},
    }


def _minutes(file: ContentFile) -> int | None:
    hours = file.meta["hours"]
    if hours is None:
        return None
    if isinstance(hours, bool) or not isinstance(hours, int | float) or hours <= 0:
        raise ContentError(f"{file.path}: hours is {hours!r}: write a number such as 12, or null")
    return round(hours * 60)


def _currency(file: ContentFile) -> str:
    if problem := problem_of(value := str(file.meta["currency"])):
        raise ContentError(f"{file.path}: currency is {value!r}: {problem}")
    return value


def _tax(file: ContentFile) -> str:
    if (value := file.meta["tax"]) not in TAXES:
        raise ContentError(f"{file.path}: tax is {value!r}: it must be one of {', '.join(TAXES)}")
    return str(value)


def _lines(file: ContentFile, key: str) -> list[str]:
    values = read.entries(file, key)
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise ContentError(f"{file.path}: {key} must be a list of texts, each in quotation marks")
    return values
