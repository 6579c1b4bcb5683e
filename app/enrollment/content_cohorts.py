"""The cohorts as a file: course/cohorts.yaml, a list."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from app import front_matter as read
from app.clock import YEARS, is_zone
from app.content_files import ContentError, ContentFile
from app.enrollment.cohorts import Cohort
from app.enrollment.content_sessions import take_sessions, written
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.payments.currencies import LEAST_PRICE_CENTS

# Each key by the column it is, with what it is when it is missing.
COLUMNS = {
    "starts_on": "starts_on",
    "ends_on": "ends_on",
    "seats": "seats",
    "time_zone": "time_zone",
    "sessions": "sessions",
    "sales_open": "sales_open",
    "sales_from": "sales_from",
    "sales_until": "sales_until",
    "price_cents": "price_cents",
    "early_price_cents": "early_price_cents",
    "early_until": "early_until",
    "early_seats": "early_seats",
    "opens_weekly": "opens_weekly",
    "sample": "is_sample",
}
MAY_BE_NULL = ["starts_on", "ends_on", "seats", "sales_from", "sales_until", "price_cents"]
MAY_BE_NULL += ["early_price_cents", "early_until", "early_seats"]
MAY_LACK: dict[str, Any] = {
    "sessions": "",
    "sales_open": True,
    "opens_weekly": False,
    "sample": False,
    "live_sessions": [],
    **dict.fromkeys(MAY_BE_NULL),
}


def take_cohorts(course: Course, path: Path) -> None:
    kept = {cohort.name: cohort for cohort in course.cohorts}
    files = {file.meta["name"]: file for file in _cohort_files(path)}
    for name, file in files.items():
        cohort = upsert(kept.get(name), Cohort, _cohort(course, file, kept.get(name)), name=name, course=course)
        take_sessions(cohort, file)
    for name in kept.keys() - files.keys():
        if _is_in_use(kept[name]):
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
        if file.meta.keys() != {"name", "live_sessions", *COLUMNS}:
            raise ContentError(
                f"{path}: each cohort must have name and time_zone, may have {', '.join(MAY_LACK)}, and nothing else"
            )
        read.line(file, "name", 120)
    if len({file.meta["name"] for file in files}) < len(files):
        raise ContentError(f"{path}: two cohorts have the same name")
    return files


def _cohort(course: Course, file: ContentFile, kept: Cohort | None) -> dict[str, Any]:
    if not is_zone(str(file.meta["time_zone"])):
        raise ContentError(f"{file.path}: time_zone is {file.meta['time_zone']!r}: write such as America/New_York")
    values = {
        "time_zone": file.meta["time_zone"],
        "sessions": read.optional_line(file, "sessions", 500),
        "seats": _number(file, "seats", least=kept.seats_taken if kept else 0),
        "is_sample": read.yes_or_no(file, "sample"),
        **{key: read.yes_or_no(file, key) for key in ("sales_open", "opens_weekly")},
        **{key: _day(file, key) for key in ("starts_on", "ends_on", "sales_from", "sales_until", "early_until")},
        "early_seats": _number(file, "early_seats", least=0),
        **{key: None if file.meta[key] is None else price(file, key) for key in ("price_cents", "early_price_cents")},
    }
    _refuse_what_cannot_be(file, values)
    if values["opens_weekly"] and kept and not kept.opens_weekly and Enrollment.is_anybody_in(kept):
        raise ContentError(
            f"{file.path}: {kept.name}: opens_weekly would close modules that are open already to those who have a "
            "place in it: leave it out"
        )
    days = values["starts_on"], values["time_zone"]
    if values["opens_weekly"] and kept and Enrollment.would_lose_weeks(kept, *days):
        key, was = (
            ("time_zone", kept.time_zone) if days[0] == kept.starts_on else ("starts_on", kept.starts_on or "out")
        )
        raise ContentError(
            f"{file.path}: {kept.name}: another {key} would close modules that are open already to those who have a "
            f"place in it: leave it {was}"
        )
    regular = course.price_cents if values["price_cents"] is None else values["price_cents"]
    if values["early_price_cents"] is not None and values["early_price_cents"] >= regular:
        raise ContentError(
            f"{file.path}: {file.meta['name']}: early_price_cents must be less than the price of {regular}"
        )
    return values


def _refuse_what_cannot_be(file: ContentFile, values: dict[str, Any]) -> None:
    name = f"{file.path}: {file.meta['name']}"
    if (values["starts_on"] is None) != (values["ends_on"] is None):
        raise ContentError(f"{name} needs both starts_on and ends_on, or, at one's own pace, neither")
    if values["starts_on"] and values["ends_on"] < values["starts_on"]:
        raise ContentError(f"{name} ends before it starts")
    if values["sales_from"] and values["sales_until"] and values["sales_until"] < values["sales_from"]:
        raise ContentError(f"{name}: sales_until comes before sales_from")
    if values["starts_on"] and values["sales_until"] and values["sales_until"] >= values["starts_on"]:
        raise ContentError(
            f"{name}: sales end when it begins: write a sales_until before its starts_on, or leave it out"
        )
    has_end = values["early_until"] is not None or values["early_seats"] is not None
    if (values["early_price_cents"] is not None) != has_end:
        raise ContentError(f"{name}: early_price_cents goes with early_until, early_seats or both")


def _day(file: ContentFile, key: str) -> date | None:
    day = None if file.meta[key] is None else file.day(key)
    if day and day.year not in YEARS:
        raise ContentError(f"{file.path}: {key} is {day}: write a day from {YEARS.start} to {YEARS[-1]}")
    return day


def _number(file: ContentFile, key: str, least: int) -> int | None:
    return None if file.meta[key] is None else whole_number(file, key, least)


def _is_in_use(cohort: Cohort) -> bool:
    """Whether anybody ordered it, moved to or from it, or waits for it."""
    places = (Enrollment.cohort_id, Enrollment.moved_from_id)
    columns = (Order.cohort_id, Order.missed_cohort_id, *places, WaitlistEntry.cohort_id)
    return any(db.session.scalar(select(column).where(column == cohort.id).limit(1)) for column in columns)


def write_cohorts(course: Course, path: Path) -> None:
    """The list as it is read, leaving out what goes without saying."""
    entries = [
        {key: value for key, value in _entry(cohort).items() if key not in MAY_LACK or MAY_LACK[key] != value}
        for cohort in course.cohorts
    ]
    path.write_text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def _entry(cohort: Cohort) -> dict[str, Any]:
    columns = {key: getattr(cohort, column) for key, column in COLUMNS.items()}
    return {"name": cohort.name} | columns | {"live_sessions": written(cohort)}


def whole_number(file: ContentFile, key: str, least: int) -> int:
    """The number under `key`. Raises ContentError."""
    value = file.meta[key]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 99_999_999:
        raise ContentError(f"{file.path}: {key} is {value!r}: write a whole number of at least {least}")
    return value


def price(file: ContentFile, key: str) -> int:
    """The price under `key`, which can be paid by card. Raises ContentError."""
    cents = whole_number(file, key, least=0)
    if 0 < cents < LEAST_PRICE_CENTS:
        raise ContentError(f"{file.path}: {key} is {cents}: write 0 for free, or at least {LEAST_PRICE_CENTS}")
    return cents


def upsert(row: Any, model: Any, values: dict[str, Any], **key: Any) -> Any:
    """The row with these values: changed where they differ, and made if there is none."""
    if row is None:
        row = model(**key, **values)
        db.session.add(row)
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return row
