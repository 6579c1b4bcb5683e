"""Dates on which a coach's hours differ: a range of days in one go, and shown so."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from wtforms import BooleanField, DateField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired, Optional, ValidationError

from app.clock import YEARS, in_zone, now
from app.coaching.availability.hours import A_DAY, in_words
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import DayHours
from app.coaching.availability.wall_clock import EPOCH, MINUTE, WallClock, number_of
from app.people.forms import Form
from app.studio.typed_week import BadHours, interval

A_DATE = timedelta(days=1)
MOST_DAYS = 366
A_TIME = {"type": "time", "step": 300}
SORTS = {"blocked": "No consultations", "extra": "Consultations besides the weekly hours"}


def today_of(coach: Coach) -> date:
    return in_zone(now(), coach.time_zone).date()


class Run(NamedTuple):
    """The same hours on days that follow each other."""

    first: date
    last: date
    is_extra: bool
    start_minute: int
    end_minute: int

    @property
    def days(self) -> list[DayHours]:
        dates = (self.first + number * A_DATE for number in range((self.last - self.first).days + 1))
        return [DayHours(each, self.start_minute, self.end_minute) for each in dates]

    @property
    def hours_in_words(self) -> str:
        return in_words(self.start_minute, self.end_minute)

    @property
    def days_in_words(self) -> str:
        first, last = (f"{day:%a, %b} {day.day}, {day.year}" for day in (self.first, self.last))
        return first if first == last else f"{first} to {last}"

    def is_over(self, coach: Coach) -> bool:
        return self.last < today_of(coach)


def runs_of(coach: Coach) -> list[Run]:
    """All dates on which the coach's hours differ, in order."""
    runs: list[Run] = []
    for row in sorted(coach.date_overrides, key=lambda row: (row.is_extra, row.start_minute, row.end_minute, row.day)):
        run = Run(row.day, row.day, row.is_extra, row.start_minute, row.end_minute)
        if runs and runs[-1].last == row.day - A_DATE and runs[-1][2:] == run[2:]:
            runs[-1] = runs[-1]._replace(last=row.day)
        else:
            runs.append(run)
    return sorted(runs)


class Day(DateField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write the day like 2027-03-16.") from None
        if self.data and self.data.year not in YEARS:
            self.data = None
            raise ValueError(f"Choose a day from {YEARS.start} to {YEARS[-1]}.")


class DatesForm(Form):
    """Hours of one date, or the same of each of several that follow each other."""

    sort = RadioField("What is so", choices=[SelectChoice(*pair) for pair in SORTS.items()], default="blocked")
    first = Day("First day", [InputRequired("Say which day, such as 2027-03-16.")])
    last = Day("Last day", [Optional()])
    whole_day = BooleanField("All day")
    start = StringField("From", render_kw=A_TIME)
    end = StringField("Until", render_kw=A_TIME)
    minutes = (0, A_DAY)

    def __init__(self, coach: Coach, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.coach = coach

    def validate_first(self, field: DateField) -> None:
        if field.data and field.data < today_of(self.coach):
            raise ValidationError("That day has passed. Choose today or a later one.")

    def validate_last(self, field: DateField) -> None:
        if not (self.first.data and field.data):
            return
        if field.data < self.first.data:
            raise ValidationError("The last day comes before the first. Choose the same day or a later one.")
        if (field.data - self.first.data).days >= MOST_DAYS:
            raise ValidationError(f"At most {MOST_DAYS} days in one go.")

    def validate_start(self, field: StringField) -> None:
        if self.whole_day.data:
            return
        start, end = ((each.data or "").strip() for each in (field, self.end))
        if not (start or end):
            raise ValidationError("Tick \u201cAll day\u201d, or say from when until when.")
        try:
            self.minutes = interval(start, end)
        except BadHours as problem:
            raise ValidationError(str(problem)) from None
        if self.sort.data == "extra" and not (self.first.errors or self.last.errors):
            self._refuse_skipped()

    def _refuse_skipped(self) -> None:
        """Hours that the clocks jump over on each of the days would open nothing."""
        clock = WallClock(self.coach.time_zone)
        hours = [[clock.begin(number_of(day), minute) for minute in minutes] for day, *minutes in self.run.days]
        if all(begin == end for begin, end in hours):
            until = f"{in_zone(EPOCH + hours[0][0] * MINUTE, self.coach.time_zone):%H:%M}"
            raise ValidationError(
                f"The clocks jump over these hours that day, to {until}: nothing could be booked. Choose hours that "
                f"begin earlier, or end after {until}."
            )

    @property
    def run(self) -> Run:
        first = self.first.data or date.min
        return Run(first, self.last.data or first, self.sort.data == "extra", *self.minutes)
