"""What a wall clock in some zone shows, in minutes and days counted from the epoch, which are quick to compare."""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 24 * 60
EPOCH_DAY = EPOCH.toordinal()
EPOCH_WEEKDAY = EPOCH.weekday()


def minute_of(moment: datetime) -> int:
    """The minute it falls into."""
    return (moment - EPOCH) // MINUTE


def minute_after(moment: datetime) -> int:
    """The first minute that begins then or later."""
    return -((EPOCH - moment) // MINUTE)


def number_of(day: date) -> int:
    return day.toordinal() - EPOCH_DAY


def weekday(day: int) -> int:
    """0 for Monday."""
    return (day + EPOCH_WEEKDAY) % 7


class WallClock:
    """The clock of a zone. A day begins there when it first shows its midnight, or a later time."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._midnights: dict[int, int] = {}

    def day(self, moment: datetime) -> int:
        shown = number_of(moment.astimezone(self._zone))
        # Clocks that are set back over midnight show a day again when the next one has begun.
        return shown + (self._midnight(shown + 1) <= minute_of(moment))

    def days(self, first: int, count: int) -> tuple[int, int]:
        """The minute at which the first of that many days begins, and the one at which the last has ended."""
        return self._midnight(first), self._midnight(first + count)

    def begin(self, day: int, minute: int) -> int:
        """The first minute at which it shows that minute of that day, or a later one. 1440 is the next midnight."""
        days, minute = divmod(minute, MINUTES_A_DAY)
        midnight, next_midnight = self.days(day + days, 1)
        # No zone has changed its clocks twice within a day, so one of 24 hours has no change.
        if next_midnight - midnight == MINUTES_A_DAY:
            return midnight + minute
        return self._first((day + days) * MINUTES_A_DAY + minute)

    def _midnight(self, day: int) -> int:
        if day not in self._midnights:
            self._midnights[day] = self._first(day * MINUTES_A_DAY)
        return self._midnights[day]

    def _first(self, shown: int) -> int:
        """The first minute at which it shows that one, counted as if it were UTC's, or a later one."""
        wall = (EPOCH + shown * MINUTE).replace(tzinfo=self._zone)
        before, after = _offset(wall), _offset(wall.replace(fold=1))
        if before >= after:
            return shown - before
        # It is skipped, by a jump between the minutes it would be by the offset after the jump and by the one before.
        near = range(shown - after, shown - before)
        return near[0] + bisect_left(near, after, key=self._offset_at)

    def _offset_at(self, minute: int) -> int:
        return _offset((EPOCH + minute * MINUTE).astimezone(self._zone))


def _offset(shown: datetime) -> int:
    """In minutes, ahead of UTC."""
    return (shown.utcoffset() or timedelta()) // MINUTE
