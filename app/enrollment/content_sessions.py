"""The live sessions of a cohort in course/cohorts.yaml: a list, each with what the clocks show where the cohort is."""

from datetime import datetime
from typing import Any

from app import front_matter as read
from app.clock import in_zone, now
from app.content_files import ContentError, ContentFile
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LONGEST_MINUTES, LiveSession
from app.extensions import db
from app.local_times import SkippedTime, instant

WALL = "%Y-%m-%d %H:%M"
MUST_HAVE = frozenset({"title", "starts_at", "minutes"})


def take_sessions(cohort: Cohort, file: ContentFile) -> None:
    """Keep those of the file, and no others. One that keeps its title is the same in people's calendars; one that is
    not in the file and that learners count on is called off.
    """
    wanted = {values["title"]: values for values in (_session(file, each) for each in _entries(file))}
    if len(wanted) < len(_entries(file)):
        raise ContentError(f"{file.path}: two live sessions of {cohort.name} have the same title")
    kept = {session.title: session for session in cohort.live_sessions}
    for title, values in wanted.items():
        is_cancelled = values.pop("cancelled")
        # One that is new here was never set for anybody.
        called_off = {"cancelled_at": now(), "sequence": 1} if is_cancelled else {}
        session = kept.get(title) or LiveSession(**values, **called_off)
        if title not in kept:
            cohort.live_sessions.append(session)
            db.session.flush()
        if is_cancelled:
            session.cancel()
        else:
            session.change(values["starts_at"], values["duration_minutes"], values["place"])
    has_learners = cohort.id is not None and Enrollment.is_anybody_in(cohort)
    for title in kept.keys() - wanted.keys():
        if has_learners and not kept[title].is_over:
            kept[title].cancel()
        else:
            cohort.live_sessions.remove(kept[title])
    db.session.flush()


def written(cohort: Cohort) -> list[dict[str, Any]]:
    """The list as it is read, leaving out what goes without saying."""
    return [
        {
            "title": session.title,
            "starts_at": in_zone(session.starts_at, cohort.time_zone).strftime(WALL),
            "minutes": session.duration_minutes,
            **({"place": session.place} if session.place else {}),
            **({"cancelled": True} if session.cancelled_at else {}),
        }
        for session in sorted(cohort.live_sessions, key=lambda session: session.starts_at)
    ]


def _entries(file: ContentFile) -> list[Any]:
    return read.entries(file, "live_sessions")


def _session(file: ContentFile, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict) or not MUST_HAVE <= entry.keys() <= MUST_HAVE | {"place", "cancelled"}:
        raise ContentError(
            f"{file.path}: each of live_sessions must have title, starts_at, minutes, may have place, cancelled, and "
            "nothing else"
        )
    part = file._replace(meta={"cancelled": False} | entry)
    return {
        "title": read.line(part, "title"),
        "starts_at": _instant(part, str(file.meta["time_zone"])),
        "duration_minutes": read.number(part, "minutes", 1, LONGEST_MINUTES),
        "place": read.optional_line(part, "place", 500),
        "cancelled": read.yes_or_no(part, "cancelled"),
    }


def _instant(part: ContentFile, zone: str) -> datetime:
    typed = part.meta["starts_at"]
    try:
        # YAML takes it for a moment itself where it has seconds.
        wall = typed if isinstance(typed, datetime) else datetime.strptime(str(typed), WALL)
        return instant(wall.replace(tzinfo=None), zone)
    except SkippedTime as skipped:
        raise ContentError(
            f"{part.path}: starts_at is {typed}: the clocks of {zone} jump over that time; "
            f"they go on at {skipped.until:{WALL}}"
        ) from None
    except (ValueError, OverflowError):
        raise ContentError(
            f'{part.path}: starts_at is {typed!r}: write it as "2027-03-02 19:30", as the clocks of the cohort show it'
        ) from None
