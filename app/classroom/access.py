"""What of the course somebody may enter, and from when."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course, Module
from app.local_times import SkippedTime, date_in_words, in_words, instant
from app.people.models import Person


@dataclass(frozen=True)
class Access:
    """Access to the course by any of the person's places that stands and is not suspended. The owner may see it all."""

    person: Person
    course: Course
    places: list[Enrollment]

    @classmethod
    def of(cls, person: Person) -> "Access | None":
        """None when nothing opens the classroom to the person."""
        if places := Enrollment.opening(person):
            course = places[0].cohort.course
            return cls(person, course, [place for place in places if place.cohort.course_id == course.id])
        previewed = Course.current() if person.is_owner else None
        return cls(person, previewed, []) if previewed else None

    @property
    def previews(self) -> bool:
        """Whether somebody sees everything because it is theirs, whatever opens when for learners."""
        return self.person.is_owner

    @property
    def zone(self) -> str:
        """On whose clocks times are told: those the person chose, or else where the cohort is."""
        return self.person.time_zone or (self.place.cohort.time_zone if self.place else "UTC")

    @property
    def place(self) -> Enrollment | None:
        """The place in the cohort that begins last."""
        return self.places[0] if self.places else None

    def in_words(self, moment: datetime) -> str:
        """Such as "Tuesday, March 16, 2027, 9:30 AM EDT"."""
        return in_words(moment, self.zone)

    def opening_in_words(self, moment: datetime) -> str:
        """The day alone where it is the midnight that begins it on the person's clocks, as it is for most."""
        shown = in_zone(moment, self.zone)
        return date_in_words(shown) if shown.time() == time() else self.in_words(moment)

    def opens_at(self, module: Module) -> datetime | None:
        """When the module opens; None when it is open."""
        if self.previews or not self.places:
            return None
        opens = min(opening_of(module, place) for place in self.places)
        return opens if opens > now() else None


def opening_of(module: Module, place: Enrollment) -> datetime:
    """When the module opens for whoever has this place: with it, or in its week of the cohort.

    What was open before one moved to a later cohort stays open.
    """
    opens = _in_cohort(module, place.cohort, place.enrolled_at)
    if place.moved_from and place.moved_at:
        before = _in_cohort(module, place.moved_from, place.enrolled_at)
        return min(opens, before) if before <= place.moved_at else opens
    return opens


def _in_cohort(module: Module, cohort: Cohort, enrolled_at: datetime) -> datetime:
    """In a cohort that opens week by week, at midnight of the first day of the module's week, where the cohort is held;
    at one's own pace, weeks are counted from the day of the enrollment.
    """
    if not cohort.opens_weekly:
        return enrolled_at
    first = cohort.starts_on or in_zone(enrolled_at, cohort.time_zone).date()
    midnight = datetime.combine(first + timedelta(weeks=module.opens_in_week - 1), time())
    try:
        return instant(midnight, cohort.time_zone)
    except SkippedTime as skipped:  # Where clocks are put forward at midnight.
        return skipped.until
