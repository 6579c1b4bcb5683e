"""What a cell of a CSV file says: a moment, a list, a status, the hours somebody wants to be left alone."""

import csv
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from app.clock import in_utc, is_zone, now
from app.newsletter.forms import PAUSES
from app.newsletter.models import CAREER_STAGES

# Whole hours on the clocks of a zone: "22:00-06:00 America/Chicago".
_QUIET_HOURS = re.compile(r"(\d{1,2})(?::00)? ?[-–] ?(\d{1,2})(?::00)? (\S+)")  # noqa: RUF001
# listmonk writes moments as Go prints them: "2026-01-15 10:00:00.123456 +0000 UTC".
_GO_MOMENT = re.compile(r"(\S+ \S+) ([+-]\d{4}) \S+")


class CellTrouble(ValueError):
    """A cell for which its row cannot be taken in. The message says why."""


class QuietHours(NamedTuple):
    from_hour: int
    to_hour: int
    time_zone: str

    def __str__(self) -> str:
        return f"{self.from_hour:02}:00-{self.to_hour:02}:00 {self.time_zone}"


def line(text: str, longest: int) -> str:
    """One plain line of it."""
    line = " ".join(text.split())
    return (line if line.isprintable() else "".join(filter(str.isprintable, line)))[:longest].strip()


def word(status: str) -> str:
    """A status as it is compared: "Past due" and "past_due" are the same."""
    return "-".join(status.lower().replace("_", " ").split())


def words(cell: str) -> list[str]:
    """The words of a list in one cell: JSON, as Mailchimp's ("A","B"), or with commas or semicolons between them.

    Raises CellTrouble.
    """
    if cell.startswith("["):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            return []
        return [each.strip() for each in listed if isinstance(each, str) and each.strip()]
    if '"' in cell:
        rows: Iterable[list[str]] = csv.reader([cell.replace("\n", " ")], skipinitialspace=True)
        try:
            return [each.strip() for row in rows for each in row if each.strip()]
        except csv.Error:
            raise CellTrouble(f"The list in it cannot be read: {cell[:60]}.") from None
    return [each.strip() for each in cell.replace(";", ",").split(",") if each.strip()]


def career_stage(text: str) -> str:
    wanted = text.lower()
    return next((key for key, label in CAREER_STAGES.items() if wanted in (key, label.lower())), "")


def past_moment(text: str) -> datetime | None:
    """A date, or date and time, in UTC where no zone is told; None if it is none, or in the future."""
    moment = _moment(text) if text else None
    return moment if moment and moment.year >= 1990 and moment <= now() else None


def pause_end(text: str) -> datetime | None:
    """When the pause in a cell ends; None when there is none any more. Raises CellTrouble, lest it be lost."""
    if not text:
        return None
    if (end := _moment(text)) is None:
        raise CellTrouble(f"The end of its pause, {text[:40]!r}, is no date: write it like 2026-12-31.")
    if end > now() + timedelta(days=max(PAUSES)):
        raise CellTrouble(f"Its pause lasts until {end:%B %-d, %Y}; {max(PAUSES)} days are the longest there can be.")
    return end if end > now() else None


def quiet_hours(text: str) -> QuietHours | None:
    """Raises CellTrouble for what is neither empty nor hours of a day, lest they be lost."""
    if not text:
        return None
    if told := _QUIET_HOURS.fullmatch(text):
        hours = QuietHours(int(told[1]), int(told[2]), told[3])
        if max(hours[:2]) < 24 and hours.from_hour != hours.to_hour and is_zone(hours.time_zone):
            return hours
    raise CellTrouble(f"Its quiet hours, {text[:60]!r}, cannot be read: write them like 22:00-06:00 America/Chicago.")


def _moment(text: str) -> datetime | None:
    try:
        moment = _parsed(text)
        return moment and in_utc(moment)
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> datetime | None:
    if told := _GO_MOMENT.fullmatch(text):
        text = told[1] + told[2]
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _american(text)


def _american(text: str) -> datetime | None:
    for form in ("%m/%d/%Y %H:%M", "%m/%d/%Y", "%b %d, %Y"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
