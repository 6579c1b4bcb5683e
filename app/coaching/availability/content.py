"""Kinds of consultation and coaches as files: coaching/kinds/<slug>.md and coaching/coaches/<slug>.md."""

import re
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from app import front_matter as read
from app.clock import is_zone
from app.coaching.availability.busy_feed import BadFeed
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach, DateOverride, WeeklyHours
from app.coaching.whereabouts import Whereabouts, lock_booked, tell_of_change
from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.payments.currencies import LEAST_PRICE_CENTS, problem_of
from app.publishing import content_changed

T = TypeVar("T", ConsultationKind, Coach)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KIND_NUMBERS = {"duration_minutes": (5, 480), "step_minutes": (5, 480), "price_cents": (0, 10_000_000)}
KIND_KEYS = ("title", "slug", *KIND_NUMBERS, "currency", "questions", "position")
COACH_TEXTS = {"email": 254, "location": 500}
COACH_MOST = ("most_per_day", "most_per_week")
COACH_NUMBERS = {
    "buffer_before_minutes": (0, 240),
    "buffer_after_minutes": (0, 240),
    "minimum_notice_hours": (0, 720),
    "booking_window_days": (1, 365),
}
_FROM_TO = r"(?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d)"
_WEEKLY = re.compile(rf"(?P<day>[a-z]+) {_FROM_TO}")
_OVERRIDE = re.compile(rf"(?P<day>\d{{4}}-\d\d-\d\d) {_FROM_TO}")


def import_from(folder: Path) -> None:
    """Take in what is under `folder`/coaching. Raises ContentError."""
    for path in sorted((folder / "coaching" / "kinds").glob("*.md")):
        _import_kind(path)
    files = [_read_coach(path) for path in sorted((folder / "coaching" / "coaches").glob("*.md"))]
    named = [read.slug(file, "slug", 80) for file in files]
    lock_booked(*db.session.scalars(select(Coach.id).where(Coach.slug.in_(named))))
    for file in files:
        _import_coach(file)
    db.session.flush()


def export_to(folder: Path) -> None:
    """Write them under `folder`/coaching, so that importing them gives the same rows."""
    for kind in db.session.scalars(select(ConsultationKind)):
        meta = {
            key: getattr(kind, key) for key in ("title", "slug", *KIND_NUMBERS, "currency", "questions", "position")
        }
        ContentFile(
            folder / "coaching" / "kinds" / f"{kind.slug}.md", _with_active(meta, kind), kind.description
        ).write()
    for coach in db.session.scalars(select(Coach)):
        ContentFile(folder / "coaching" / "coaches" / f"{coach.slug}.md", _coach_meta(coach), "").write()


def _import_kind(path: Path) -> None:
    file = ContentFile.read(path, required=KIND_KEYS, optional=("active",))
    kind = _found_or_made(ConsultationKind, read.slug(file, "slug", 80))
    kind.title, kind.description = read.line(file, "title"), read.body(file)
    for key, (least, most) in KIND_NUMBERS.items():
        setattr(kind, key, _in_ticks(file, key, read.number(file, key, least, most)))
    if 0 < kind.price_cents < LEAST_PRICE_CENTS:
        raise ContentError(
            f"{path}: price_cents is {kind.price_cents}: write 0 for free, or at least {LEAST_PRICE_CENTS}"
        )
    kind.currency, kind.questions = read.line(file, "currency", 3), _questions(file)
    if problem := problem_of(kind.currency):
        raise ContentError(f"{path}: currency is {kind.currency!r}: {problem}")
    kind.position, kind.is_active = read.number(file, "position", 0, 1000), read.yes_or_no(file, "active", True)


def _read_coach(path: Path) -> ContentFile:
    return ContentFile.read(
        path,
        required=("name", "slug", "time_zone", *COACH_NUMBERS, "weekly_hours", "position"),
        optional=(*COACH_TEXTS, "busy_feed_url", "extra_hours", "blocked_hours", *COACH_MOST, "active"),
    )


def _import_coach(file: ContentFile) -> None:
    """What stands booked with the coach is locked, and told anew to all whom the change concerns."""
    coach = _found_or_made(Coach, read.slug(file, "slug", 80))
    before = Whereabouts.of(coach)
    _fill_coach(coach, file)
    db.session.flush()
    try:
        coach.watch_busy_feed(read.optional_line(file, "busy_feed_url", 2000))
    except BadFeed as why:
        raise ContentError(f"{file.path}: busy_feed_url: {why}") from None
    _fill_hours(coach, file)
    tell_of_change(coach, before)


def _fill_coach(coach: Coach, file: ContentFile) -> None:
    if not is_zone(zone := read.line(file, "time_zone", 64)):
        raise ContentError(f"{file.path}: time_zone is {zone!r}: write an IANA name, such as America/New_York")
    coach.name, coach.time_zone = read.line(file, "name", 120), zone
    for key, longest in COACH_TEXTS.items():
        setattr(coach, key, read.optional_line(file, key, longest))
    for key, (least, greatest) in COACH_NUMBERS.items():
        setattr(coach, key, _in_ticks(file, key, read.number(file, key, least, greatest)))
    for key in COACH_MOST:
        setattr(coach, key, read.number(file, key, 1, 100) if file.meta.get(key) else None)
    coach.position, coach.is_active = read.number(file, "position", 0, 1000), read.yes_or_no(file, "active", True)
    if db.session.is_modified(coach):
        content_changed()  # Their names stand on the offer's page.


def _fill_hours(coach: Coach, file: ContentFile) -> None:
    if (weekly := _weekly(file)) != [_weekly_of(row) for row in coach.weekly_hours]:
        coach.weekly_hours = [WeeklyHours(**hours) for hours in weekly]
    overrides = [*_overrides(file, "extra_hours", True), *_overrides(file, "blocked_hours", False)]
    if sorted(overrides, key=str) != sorted((_override_of(row) for row in coach.date_overrides), key=str):
        coach.date_overrides = [DateOverride(**hours) for hours in overrides]


def _weekly_of(row: WeeklyHours) -> dict[str, Any]:
    return {"weekday": row.weekday, "start_minute": row.start_minute, "end_minute": row.end_minute}


def _override_of(row: DateOverride) -> dict[str, Any]:
    return {
        "day": row.day,
        "is_extra": row.is_extra,
        "start_minute": row.start_minute,
        "end_minute": row.end_minute,
    }


def _found_or_made(model: type[T], slug: str) -> T:
    row = db.session.scalar(select(model).filter_by(slug=slug))
    if row is None:
        db.session.add(row := model(slug=slug))
    return row


def _in_ticks(file: ContentFile, key: str, value: int) -> int:
    if key.endswith("minutes") and value % 5:
        raise ContentError(f"{file.path}: {key} is {value}: write a multiple of five")
    return value


def _questions(file: ContentFile) -> list[dict[str, Any]]:
    found = read.entries(file, "questions")
    if not all(isinstance(each, dict) and each.keys() == {"key", "label", "required"} for each in found):
        raise ContentError(f"{file.path}: each of questions must have a key, a label and required, and nothing else")
    parts = [file._replace(meta=each) for each in found]
    return [
        {
            "key": read.slug(part, "key", 40),
            "label": read.line(part, "label", 200),
            "required": read.yes_or_no(part, "required"),
        }
        for part in parts
    ]


def _weekly(file: ContentFile) -> list[dict[str, Any]]:
    """The hours of each week, in the order of the week."""
    hours = []
    for entry in read.entries(file, "weekly_hours"):
        found = _WEEKLY.fullmatch(entry) if isinstance(entry, str) else None
        if not found or found["day"] not in DAYS:
            raise ContentError(f"{file.path}: weekly_hours holds {entry!r}: write it like monday 09:00-12:00")
        hours.append({"weekday": DAYS.index(found["day"]), **_minutes(file, entry, found)})
    return sorted(hours, key=lambda each: (each["weekday"], each["start_minute"]))


def _overrides(file: ContentFile, key: str, is_extra: bool) -> list[dict[str, Any]]:
    overrides = []
    for entry in read.entries(file, key):
        found = _OVERRIDE.fullmatch(entry) if isinstance(entry, str) else None
        try:
            day = date.fromisoformat(found["day"] if found else "")
        except ValueError:
            raise ContentError(f"{file.path}: {key} holds {entry!r}: write it like 2027-03-16 09:00-12:00") from None
        overrides.append({"day": day, "is_extra": is_extra, **_minutes(file, entry, found)})
    return overrides


def _minutes(file: ContentFile, entry: str, found: Any) -> dict[str, int]:
    """From when to when; what ends no later than it starts ends on the day after."""
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (found["from"], found["to"]))
    if start >= 1440 or end > 1440 or int(found["from"][3:]) > 59 or int(found["to"][3:]) > 59 or start % 5 or end % 5:
        raise ContentError(f"{file.path}: {entry!r} is no interval of a day on steps of five minutes")
    return {"start_minute": start, "end_minute": end if end > start else end + 1440}


def _coach_meta(coach: Coach) -> dict[str, Any]:
    meta: dict[str, Any] = {key: getattr(coach, key) for key in ("name", "slug", "time_zone", *COACH_NUMBERS)}
    chosen = ("email", "location", "busy_feed_url", "most_per_day", "most_per_week")
    meta |= {key: value for key in chosen if (value := getattr(coach, key))}
    meta["weekly_hours"] = [f"{DAYS[row.weekday]} {_clock(row)}" for row in coach.weekly_hours]
    for key, is_extra in (("extra_hours", True), ("blocked_hours", False)):
        if found := [f"{row.day} {_clock(row)}" for row in coach.date_overrides if row.is_extra == is_extra]:
            meta[key] = found
    return _with_active(meta | {"position": coach.position}, coach)


def _clock(row: WeeklyHours | DateOverride) -> str:
    end = row.end_minute if row.end_minute <= 1440 else row.end_minute - 1440
    return f"{row.start_minute // 60:02}:{row.start_minute % 60:02}-{end // 60:02}:{end % 60:02}"


def _with_active(meta: dict[str, Any], row: ConsultationKind | Coach) -> dict[str, Any]:
    return meta if row.is_active else meta | {"active": False}
