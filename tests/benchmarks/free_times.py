"""Finding the free times of five coaches, beside dateutil listing all starts, and beside a walk along the time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule

from app.coaching.availability.slots import Booking, Hours, Rules, slots
from tests.coaching.availability.slow_slots import slow_slots

# The clocks of most of them change within those days.
NOW = datetime(2026, 8, 20, 9, tzinfo=UTC)
DAYS, BOOKINGS, ROUNDS = 90, 100, 30
ZONES = ("America/New_York", "America/St_Johns", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe")
MORNINGS = tuple(Hours(weekday, 9 * 60, 12 * 60) for weekday in range(5))
AFTERNOONS = tuple(Hours(weekday, 13 * 60, 17 * 60) for weekday in range(5))
NIGHT = (Hours(5, 22 * 60, 30 * 60),)
RULES = Rules(
    weekly=MORNINGS + AFTERNOONS + NIGHT,
    extra=(),
    blocked=(),
    duration_minutes=45,
    step_minutes=15,
    buffer_before_minutes=10,
    buffer_after_minutes=10,
    minimum_notice=timedelta(hours=24),
    booking_window=timedelta(days=DAYS),
    most_per_day=6,
    most_per_week=20,
)


def compare() -> None:
    print(f"\nFree times of {DAYS} days, {len(ZONES)} coaches, {len(ZONES) * BOOKINGS} bookings")
    bookings = [_booking(number) for number in range(BOOKINGS)]
    found = [slots(RULES, [], bookings, NOW, zone) for zone in ZONES]
    quick, listed = _milliseconds(ROUNDS, lambda zone: slots(RULES, [], bookings, NOW, zone), _starts_by_dateutil)
    (slow,) = _milliseconds(1, lambda zone: slow_slots(RULES, [], bookings, NOW, zone))
    assert found == [slow_slots(RULES, [], bookings, NOW, zone) for zone in ZONES]
    print(f"  slots                  {quick:8.1f} ms   {sum(map(len, found)):,} free times")
    print(f"  dateutil, no bookings  {listed:8.1f} ms   slots take {quick / listed:.2f} of it")
    print(f"  walking along the time {slow:8.1f} ms   slots take {quick / slow:.4f} of it", flush=True)


def _booking(number: int) -> Booking:
    """Spread over the days, and over the hours of a day."""
    starts_at = NOW + timedelta(days=number * DAYS / BOOKINGS, minutes=number * 35 % 600)
    starts_at -= timedelta(minutes=starts_at.minute % 5, seconds=starts_at.second)
    return Booking(starts_at, starts_at - timedelta(minutes=10), starts_at + timedelta(minutes=55))


def _starts_by_dateutil(zone: str) -> list[datetime]:
    """Every start within the hours, whatever is booked."""
    start = NOW.astimezone(ZoneInfo(zone)).replace(hour=0)
    starts = []
    for each in (MORNINGS, AFTERNOONS, NIGHT):
        days = [weekday for weekday, _, _ in each]
        hours = [hour % 24 for hour in range(each[0].start_minute // 60, each[0].end_minute // 60)]
        until = start + timedelta(days=DAYS)
        rule = rrule(WEEKLY, start, until=until, byweekday=days, byhour=hours, byminute=range(0, 60, 15))
        starts += [begins.astimezone(UTC) for begins in rule]
    return sorted(starts)


def _milliseconds(rounds: int, *ways: Callable[[str], object]) -> list[float]:
    """Of the processor, the best of each for all coaches, measured in turn."""
    best = [float("inf") for _ in ways]
    for _ in range(rounds):
        for number, way in enumerate(ways):
            begun = time.process_time()
            for zone in ZONES:
                way(zone)
            best[number] = min(best[number], 1000 * (time.process_time() - begun))
    return best


if __name__ == "__main__":
    compare()
