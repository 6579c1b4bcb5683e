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
from app.people.forms import plain_line

# Whole hours on the clocks of a zone: "22:00-06:00 America/Chicago".
_QUIET_HOURS = re.compile(r"(\d{1,2})(?::00)? ?[-–] ?(\d{1,2})(?::00)? (\S+)")  # noqa: RUF001
# listmonk writes moments as Go prints them: "2026-01-15 10:00:00.123456 +0000 UTC".
_GO_MOMENT = re.compile(r"(\S+ \S+) ([+-]\d{4}) \S+")


_YES = frozenset(["true", "t", "yes", "y", "1", "x", "on", "checked", "✓", "✔"])
_NO = frozenset(["", "false", "f", "no", "n", "0", "off", "none", "never", "null", "nil", "n/a", "na", "-", "--"])
_YES_OR_NO = re.compile(r"(?:(yes)|no|not|never)\b.*")
# As databases write the moment of what never happened: 0000-00-00 00:00:00.
_NO_MOMENT = re.compile(r"[0:/.+ -]+(?:t[0:.]+z?)?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}:\d\d))?")


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
    return plain_line(text)[:longest].strip()


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


def yes_or_no(text: str) -> bool | None:
    """Whether a cell affirms what its column is about: yes, or since when. None when it cannot be told."""
    text = text.strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    if _NO_MOMENT.fullmatch(text):
        return False
    if told := _YES_OR_NO.fullmatch(text):
        return bool(told[1])
    return True if any(letter.isdigit() for letter in text) else None


def is_plain_answer(text: str) -> bool:
    """Whether it is a mere yes or no."""
    return text.lower() in _YES | _NO


def puts_day_first(text: str) -> bool | None:
    """Whether a date like 31/12/2026 has its day before its month; None when it is no such date, or does not tell."""
    if not (told := _SLASHED.fullmatch(text)) or max(int(told[1]), int(told[2])) <= 12:
        return None
    return int(told[1]) > 12


def past_moment(text: str, *, day_first: bool | None = None) -> datetime | None:
    """A date, or date and time, in UTC where no zone is told; None if it is none, or in the future.

    `day_first` tells how to read 03/04/2026, which without it is no date.
    """
    moment = _moment(text, day_first) if text else None
    return moment if moment and moment.year >= 1990 and moment <= now() else None


def pause_end(text: str, *, day_first: bool | None = None) -> datetime | None:
    """When the pause in a cell ends; None when there is none any more. Raises CellTrouble, lest it be lost."""
    if not text:
        return None
    if (end := _moment(text, day_first)) is None:
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


def _moment(text: str, day_first: bool | None) -> datetime | None:
    try:
        moment = _parsed(text, day_first)
        return moment and in_utc(moment)
    except (ValueError, OverflowError):
        return None


def _parsed(text: str, day_first: bool | None) -> datetime | None:
    if told := _GO_MOMENT.fullmatch(text):
        text = told[1] + told[2]
    if told := _SLASHED.fullmatch(text):
        return _slashed(told, text, day_first)
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return datetime.strptime(text, "%b %d, %Y")


def _slashed(told: re.Match[str], text: str, day_first: bool | None) -> datetime | None:
    its_own = puts_day_first(text)
    first = day_first if its_own is None else its_own
    if first is None and int(told[1]) != int(told[2]):
        return None
    one, other, year = int(told[1]), int(told[2]), int(told[3])
    day, month = (one, other) if first else (other, one)
    hour, _, minute = (told[4] or "0:0").partition(":")
    return datetime(year, month, day, int(hour), int(minute))
