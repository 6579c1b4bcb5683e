"""The cohorts as a file: course/cohorts.yaml, a list."""

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from app import front_matter as read
from app.clock import is_zone
from app.content_files import ContentError, ContentFile
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.enrollment.orders import Order
from app.extensions import db

KEYS = ("name", "starts_on", "ends_on", "seats", "time_zone", "sessions", "sales_open", "sample")
MAY_LACK = {"sessions": "", "sales_open": True, "sample": False}


def take_cohorts(course: Course, path: Path) -> None:
    kept = {cohort.name: cohort for cohort in course.cohorts}
    files = {file.meta["name"]: file for file in _cohort_files(path)}
    for name, file in files.items():
        upsert(kept.get(name), Cohort, _cohort(file, kept.get(name)), name=name, course=course)
    for name in kept.keys() - files.keys():
        if _has_orders(kept[name]):
            kept[name].sales_open = False
        else:
            db.session.delete(kept[name])


def _cohort_files(path: Path) -> list[ContentFile]:
    """The entries of the list, each as a file of its own, so that they are checked alike."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    except (UnicodeDecodeError, yaml.YAMLError) as problem:
        raise ContentError(f"{path}: cannot be read: {problem}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContentError(f"{path}: it must be a list of cohorts, each with a dash before its name")
    files = [ContentFile(path, MAY_LACK | entry, "") for entry in entries]
    for file in files:
        if file.meta.keys() != set(KEYS):
            raise ContentError(f"{path}: each cohort must have {', '.join(KEYS)}, and nothing else")
        read.line(file, "name", 120)
    if len({file.meta["name"] for file in files}) < len(files):
        raise ContentError(f"{path}: two cohorts have the same name")
    return files


def _cohort(file: ContentFile, kept: Cohort | None) -> dict[str, Any]:
    starts_on, ends_on = file.day("starts_on"), file.day("ends_on")
    if ends_on < starts_on:
        raise ContentError(f"{file.path}: {file.meta['name']} ends before it starts")
    if not is_zone(str(file.meta["time_zone"])):
        raise ContentError(f"{file.path}: time_zone is {file.meta['time_zone']!r}: write such as America/New_York")
    taken = kept.seats_taken if kept else 0
    return {
        "starts_on": starts_on,
        "ends_on": ends_on,
        "seats": whole_number(file, "seats", least=taken),
        "time_zone": file.meta["time_zone"],
        "sessions": read.optional_line(file, "sessions", 500),
        "sales_open": read.yes_or_no(file, "sales_open"),
        "is_sample": read.yes_or_no(file, "sample"),
    }


def _has_orders(cohort: Cohort) -> bool:
    return db.session.scalar(select(Order.id).filter_by(cohort_id=cohort.id).limit(1)) is not None


def write_cohorts(course: Course, path: Path) -> None:
    """The list as it is read, leaving out what goes without saying."""
    entries = [
        {key: value for key, value in _entry(cohort).items() if MAY_LACK.get(key) != value} for cohort in course.cohorts
    ]
    path.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def _entry(cohort: Cohort) -> dict[str, Any]:
    return {
        "name": cohort.name,
        "starts_on": cohort.starts_on,
        "ends_on": cohort.ends_on,
        "seats": cohort.seats,
        "time_zone": cohort.time_zone,
        "sessions": cohort.sessions,
        "sales_open": cohort.sales_open,
        "sample": cohort.is_sample,
    }


def whole_number(file: ContentFile, key: str, least: int) -> int:
    """The number under `key`. Raises ContentError."""
    value = file.meta[key]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 99_999_999:
        raise ContentError(f"{file.path}: {key} is {value!r}: write a whole number of at least {least}")
    return value


def upsert(row: Any, model: Any, values: dict[str, Any], **key: Any) -> Any:
    """The row with these values: changed where they differ, and made if there is none."""
    if row is None:
        row = model(**key, **values)
        db.session.add(row)
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return row
