"""Times on people's own clocks: from what the wall shows to the instant it means, and back into words."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from app.clock import in_zone

DEFAULT_ZONE = "America/New_York"
# Asked for most, so they stand first. The first of them is what a visitor without script begins with.
COMMON_ZONES = {
    DEFAULT_ZONE: "Eastern time (New York)",
    "America/Chicago": "Central time (Chicago)",
    "America/Denver": "Mountain time (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific time (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Puerto_Rico": "Puerto Rico",
    "America/Toronto": "Toronto",
    "Europe/London": "London",
    "Asia/Kolkata": "India (Kolkata)",
    "Australia/Sydney": "Sydney",
}
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class SkippedTime(ValueError):
    """A wall time that the clocks of its zone jump over. `until` is what they show after the jump."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"skipped, clocks go on at {until}")
        self.until = until


@cache
def zone_choices() -> dict[str, list[tuple[str, str]]]:
    """The zones a visitor may choose from, grouped: each by its name of today."""
    groups = {"Often chosen": list(COMMON_ZONES.items())}
    current = offered_zones() & _names_of_today()
    for region in REGIONS:
        names = sorted(name for name in current if name.startswith(f"{region}/"))
        groups[region] = [(name, zone_label(name)) for name in names if name not in COMMON_ZONES]
    groups["Everywhere"] = [("UTC", "UTC")]
    return groups


@cache
def offered_zones() -> frozenset[str]:
    """Those that are taken: older names too, because browsers still report them."""
    return frozenset(name for name in available_timezones() if name.partition("/")[0] in REGIONS) | {"UTC"}


@cache
def is_listed(zone: str) -> bool:
    """Whether it stands among the choices, and not only counts as another name for one of them."""
    return any(zone == name for zones in zone_choices().values() for name, _ in zones)


def _names_of_today() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text().splitlines()
    return frozenset(line.split("\t")[2] for line in lines if not line.startswith("#"))


def zone_label(zone: str) -> str:
    """What a list of its region calls it, such as "Argentina, Buenos Aires"."""
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ") or zone


def instant(wall: datetime, zone: str) -> datetime:
    """The instant, in UTC, at which the clocks of `zone` show `wall`; the first of the two when they show it twice.

    Raises SkippedTime when they never show it.
    """
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    shown = in_zone(moment, zone)
    if shown.replace(tzinfo=None) == wall:
        return moment
    # Python reads a skipped time with the offset from before the jump, which lands a little behind the jump.
    raise SkippedTime(until=_first_after_jump(moment, zone))


def instants(wall: datetime, zone: str) -> list[datetime]:
    """Each instant, in UTC, at which the clocks of `zone` show `wall`: two on the day they are set back, mostly one.

    Raises SkippedTime when they never show it.
    """
    first = instant(wall, zone)
    second = wall.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    return [first] if first == second else [first, second]


def _first_after_jump(moment: datetime, zone: str) -> datetime:
    """What the clocks of `zone` show right after their last jump before `moment`, which is near."""
    offset = in_zone(moment, zone).utcoffset()
    minute = moment.replace(second=0, microsecond=0)
    while in_zone(minute - timedelta(minutes=1), zone).utcoffset() == offset:
        minute -= timedelta(minutes=1)
    return in_zone(minute, zone)


def comes_twice(moment: datetime, zone: str) -> bool:
    """Whether the clocks of `zone` show at `moment` what they show at another instant too, as they are set back."""
    shown = in_zone(moment, zone)
    return shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()


def in_words(moment: datetime, zone: str) -> str:
    """Such as "Tuesday, March 16, 2027, 9:30 AM EDT"."""
    shown = in_zone(moment, zone)
    return f"{date_in_words(shown)}, {clock_time(shown)} {abbreviation(shown)}"


def date_in_words(shown: date) -> str:
    """Such as "Tuesday, March 16, 2027"."""
    return f"{shown:%A, %B} {shown.day}, {shown.year}"


def clock_time(shown: datetime | time) -> str:
    """Such as "9:30 AM"."""
    return f"{shown.hour % 12 or 12}:{shown:%M %p}"


def abbreviation(shown: datetime) -> str:
    """Such as "EDT", or "UTC+05:45" where the zone has no letters of its own."""
    name = shown.tzname() or ""
    return name if name.isalpha() else f"UTC{shown.isoformat()[-6:]}"


def zone_in_words(zone: str) -> str:
    """Such as "New York (America/New_York)"."""
    return zone if zone == "UTC" else f"{zone_label(zone).split(', ')[-1]} ({zone})"
