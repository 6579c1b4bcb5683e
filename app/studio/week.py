"""A week of consultations on the owner's clocks: what is booked, held and busy, and when coaches talk."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.clock import in_zone, now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import BusyTime, Coach
from app.coaching.availability.slots import Interval, open_hours
from app.coaching.availability.wall_clock import EPOCH, MINUTE, WallClock, number_of
from app.coaching.booking.reserved import ReservedTime
from app.coaching.models import Consultation
from app.extensions import db
from app.local_times import abbreviation, clock_time

A_DAY = timedelta(days=1)
QUARTER = 15
USUAL_HOURS = range(9, 17)  # Shown even where nothing is on.
MOST_LANES = 4
# No reservation is longer than this, buffers included.
LONGEST = timedelta(hours=16)


def monday_of(text: str, zone: str) -> date:
    """The Monday of the week named like 2026-W48; that of this week on the clocks of `zone`, if that names none."""
    try:
        monday = datetime.strptime(f"{text}-1", "%G-W%V-%u").date()
        if 1971 < monday.year < 2200:
            return monday
    except ValueError:
        pass
    today = in_zone(now(), zone).date()
    return today - today.weekday() * A_DAY


def name_of(monday: date) -> str:
    """Such as "2026-W48"."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


class Item(NamedTuple):
    """Something in the week. `what` is "open", "busy", "paying", or the state of a consultation."""

    what: str
    label: str
    url: str
    coach: Coach
    interval: Interval

    @property
    def words(self) -> str:
        """What it is, for whoever reads; nothing where the label says it."""
        return {"busy": "", "paying": "Being paid for"}.get(self.what, self.what.capitalize())


class Entry(NamedTuple):
    """An item, or its part, on one day: the quarters of an hour it takes, and beside how many others."""

    item: Item
    times: str
    first_quarter: int
    quarters: int
    lane: int = 0  # Counted from one where it meets another; else it has the whole width.

    @property
    def end(self) -> int:
        return self.first_quarter + self.quarters

    def meets(self, other: "Entry") -> bool:
        return self is not other and self.first_quarter < other.end and other.first_quarter < self.end

    def within(self, shown: range) -> "Entry":
        """What of it is in these hours, perhaps nothing."""
        first = min(max(self.first_quarter, shown.start * 4), shown.stop * 4)
        return self._replace(first_quarter=first, quarters=max(0, min(self.end, shown.stop * 4) - first))


class Day(NamedTuple):
    date: date
    is_today: bool
    hours: list[Entry]
    entries: list[Entry]

    def within(self, shown: range) -> "Day":
        return self._replace(entries=[entry.within(shown) for entry in self.entries])

    @property
    def lanes(self) -> int:
        return max((entry.lane for entry in self.entries), default=0) or 1


class Week(NamedTuple):
    monday: date
    days: list[Day]
    shown_hours: range

    @classmethod
    def read(cls, monday: date, coaches: list[Coach], zone: str) -> "Week":
        """What is in it for the coaches, best loaded with their hours: one query a table."""
        clock = WallClock(zone)
        begin, end = (EPOCH + minute * MINUTE for minute in clock.days(number_of(monday), 7))
        items = [*_open(coaches, Interval(begin, end)), *_busy(coaches, begin, end), *_reserved(coaches, begin, end)]
        today = in_zone(now(), zone).date()
        days = []
        for day in (monday + number * A_DAY for number in range(7)):
            bounds = Interval(*(EPOCH + minute * MINUTE for minute in clock.days(number_of(day), 1)))
            entries = sorted(_on_day(items, bounds, zone), key=lambda entry: (entry.item.interval, entry.item.label))
            hours = [entry for entry in entries if entry.item.what == "open"]
            days.append(Day(day, day == today, hours, _in_lanes(entry for entry in entries if entry not in hours)))
        shown = _shown(entry for day in days for entry in (*day.hours, *day.entries) if entry.item.what != "busy")
        return cls(monday, [day.within(shown) for day in days], shown)

    @property
    def first_quarter(self) -> int:
        """Where the grid begins."""
        return self.shown_hours.start * 4

    @property
    def name(self) -> str:
        return name_of(self.monday)

    @property
    def before(self) -> str:
        return name_of(self.monday - 7 * A_DAY)

    @property
    def after(self) -> str:
        return name_of(self.monday + 7 * A_DAY)


def _open(coaches: Iterable[Coach], week: Interval) -> Iterator[Item]:
    any_kind = ConsultationKind(duration_minutes=QUARTER, step_minutes=QUARTER)  # Hours are the same for all.
    first, last = week.starts_at.date() - A_DAY, week.ends_at.date() + A_DAY
    for coach in coaches:
        for interval in open_hours(coach.rules_for(any_kind), first, last, coach.time_zone):
            yield Item("open", coach.name, "", coach, interval)


def _busy(coaches: Iterable[Coach], begin: datetime, end: datetime) -> Iterator[Item]:
    by_id = {coach.id: coach for coach in coaches}
    chosen = BusyTime.coach_id.in_(by_id), BusyTime.ends_at > begin, BusyTime.starts_at < end
    for row in db.session.scalars(select(BusyTime).where(*chosen)):
        coach = by_id[row.coach_id]
        yield Item("busy", "Busy", "", coach, Interval(row.starts_at, row.ends_at))


def _reserved(coaches: Iterable[Coach], begin: datetime, end: datetime) -> Iterator[Item]:
    by_id = {coach.id: coach for coach in coaches}
    near = ReservedTime.blocked_until > begin, ReservedTime.blocked_until < end + LONGEST
    chosen = select(ReservedTime).where(ReservedTime.coach_id.in_(by_id), *near, ReservedTime.stands())
    whose = joinedload(ReservedTime.consultation).joinedload(Consultation.person)
    for time in db.session.scalars(chosen.options(whose)):
        consultation, coach = time.consultation, by_id[time.coach_id]
        interval = Interval(time.starts_at, time.ends_at)
        if consultation:
            held = "paying" if consultation.is_unpaid else "held"
            state = held if time.held_until else consultation.state
            url = url_for("studio.show_consultation", consultation_id=consultation.id)
            yield Item(state, consultation.name or consultation.person.email, url, coach, interval)
        else:
            yield Item("held", "Offered to the waiting list", "", coach, interval)


def _on_day(items: Iterable[Item], day: Interval, zone: str) -> Iterator[Entry]:
    for item in items:
        starts_at, ends_at = item.interval
        begin, end = max(starts_at, day.starts_at), min(ends_at, day.ends_at)
        if begin < end:
            shown = in_zone(begin, zone)
            first = 0 if begin == day.starts_at else shown.hour * 60 + shown.minute
            last = first + (end - begin) // MINUTE  # As it passes: the clock may be changed meanwhile.
            quarters = -(-last // QUARTER) - first // QUARTER
            times = _times if day.ends_at - day.starts_at == A_DAY else _times_as_clocks_change
            yield Entry(item, times(begin, end, zone), first // QUARTER, min(quarters, 96 - first // QUARTER))


def _times(begin: datetime, end: datetime, zone: str) -> str:
    """Such as "9:00\N{EN DASH}9:45 AM"."""
    first, last = (clock_time(in_zone(moment, zone)) for moment in (begin, end))
    return f"{first.removesuffix(last[-3:])}\N{EN DASH}{last}"


def _times_as_clocks_change(begin: datetime, end: datetime, zone: str) -> str:
    """The same with the zone's letters, as some times come twice. An end at the change is on the clocks before it."""
    first, before_last = in_zone(begin, zone), in_zone(end - MINUTE, zone)
    begins, ends = clock_time(first), clock_time(before_last + MINUTE)
    letters, last_letters = abbreviation(first), abbreviation(before_last)
    begins = begins.removesuffix(ends[-3:]) if letters == last_letters else f"{begins} {letters}"
    return f"{begins}\N{EN DASH}{ends} {last_letters}"


def _in_lanes(entries: Iterable[Entry]) -> list[Entry]:
    """Beside each other where they meet, and over the whole width where they are alone."""
    ends: list[int] = []
    placed = []
    for entry in sorted(entries, key=lambda entry: (entry.first_quarter, -entry.quarters)):
        lane = next((number for number, end in enumerate(ends) if end <= entry.first_quarter), len(ends))
        ends[lane : lane + 1] = [entry.end]
        placed.append(entry._replace(lane=min(lane + 1, MOST_LANES)))
    return [entry if any(entry.meets(other) for other in placed) else entry._replace(lane=0) for entry in placed]


def _shown(entries: Iterable[Entry]) -> range:
    """The hours of the grid: what is busy outside of them is of no consequence."""
    taken = [(entry.first_quarter // 4, -(-entry.end // 4)) for entry in entries]
    first = min((start for start, _ in taken), default=USUAL_HOURS.start)
    last = max((end for _, end in taken), default=USUAL_HOURS.stop)
    return range(min(first, USUAL_HOURS.start), max(last, USUAL_HOURS.stop))
