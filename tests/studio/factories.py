"""Rows of every kind the studio lists."""

from datetime import UTC, date, datetime

from app.classroom.announcements.models import Announcement
from app.classroom.lessons import Lesson
from app.classroom.questions.models import LessonQuestion
from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.reserved import ReservedTime
from app.coaching.intake import PreferredTime
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.paying.models import ConsultationPayment
from app.coaching.waiting.models import WaitingEntry
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.enrollment.models import Course, Module
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.newsletter.in_and_out.uploads import Upload
from app.newsletter.issues.drafting import new_draft
from app.newsletter.issues.models import Issue
from app.newsletter.models import PURPOSE, Subscription
from app.newsletter.sign_ups import WORDING
from app.outbox import Email
from app.payments.refunds import Refund
from app.people.models import Consent, Person
from app.people.suppressions import HARD_BOUNCE, Suppression
from app.slugs import slug_of


def offer() -> CoachingOffer:
    return _add(
        CoachingOffer(
            slug="coaching", title="Coaching", lede="A conversation.", description="A conversation.", body="",
            price_note="Free", question_slugs=[], topics=[{"key": "burnout", "label": "Burnout"}], career_stages=[],
        )
    )  # fmt: skip


def coach(name: str = "Robin Park", **columns) -> Coach:
    """Talks from nine to noon on weekdays, in New York."""
    hours = [WeeklyHours(weekday=weekday, start_minute=540, end_minute=720) for weekday in range(5)]
    columns = {"time_zone": "America/New_York", "weekly_hours": hours} | columns
    return _add(Coach(slug=slug_of(name, 80, "coach"), name=name, **columns))


def kind(title: str = "Coaching consultation", **columns) -> ConsultationKind:
    slug = slug_of(title, 80, "kind")
    found = db.session.scalar(db.select(ConsultationKind).filter_by(slug=slug))
    columns = {"duration_minutes": 45, "step_minutes": 30} | columns
    return found or _add(ConsultationKind(slug=slug, title=title, **columns))


def cohort(name: str = "Spring 2027") -> Cohort:
    course = db.session.scalar(db.select(Course).filter_by(slug="leading")) or _add(
        Course(slug="leading", title="Leading", lede="", description="", price_cents=120000, currency="usd", body="")
    )
    spring = db.session.scalar(db.select(Cohort).filter_by(name=name))
    return spring or _add(
        Cohort(
            course=course, name=name, starts_on=date(2027, 3, 2), ends_on=date(2027, 5, 25),
            time_zone="America/New_York", seats=12, seats_taken=3,
        )
    )  # fmt: skip


def question(email: str, words: str) -> LessonQuestion:
    course_id = cohort().course_id
    module = _add(Module(course_id=course_id, slug="module", position=1, title="Module", summary="-", body=""))
    lesson = Lesson(module=module, slug="lesson", position=1, title="Lesson", summary="-", duration_minutes=5, body="")
    return _add(LessonQuestion(person=person(email), lesson=lesson, text=words))


def announcement(subject: str) -> Announcement:
    return _add(Announcement(cohort=cohort(), subject=subject, text="Words"))


def live_session() -> LiveSession:
    starts_at = datetime(2027, 3, 2, 20, tzinfo=UTC)
    return _add(LiveSession(cohort=cohort(), title="Terms", starts_at=starts_at, duration_minutes=90))


def person(email: str, name: str = "") -> Person:
    found = Person.at(email)
    found.take_name(name)
    db.session.flush()
    return found


def subscription(email: str, name: str = "", state: str = "active") -> Subscription:
    confirmed = now() if state != "waiting" else None
    left = now() if state == "left" else None
    suppressed = now() if state == "suppressed" else None
    whose = person(email, name)
    Consent.record(whose, PURPOSE, "given", wording=WORDING, page="/newsletter/")
    return _add(
        Subscription(
            person=whose, confirmed_at=confirmed, unsubscribed_at=left, suppressed_at=suppressed, source="/newsletter/"
        )
    )


def suppression(address: str, reason: str = HARD_BOUNCE, detail: str = "550 unknown") -> Suppression:
    entry = Suppression.add(address, reason, detail)
    db.session.flush()
    return entry


def consultation(
    email: str, name: str = "Ada", goals: str = "", cancelled: bool = False, completed: bool = False, **columns
) -> Consultation:
    asked = Consultation(
        person=person(email), name=name, career_stage="attending", topics=["burnout"], goals=goals,
        time_zone="Europe/Berlin", cancelled_at=now() if cancelled else None,
        completed_at=now() if completed else None, kind=columns.pop("kind", None) or kind(), **columns,
    )  # fmt: skip
    asked.preferred_times.append(PreferredTime(position=1, starts_at=now()))
    return _add(asked)


def booked(email: str, coach: Coach, starts_at: datetime, name: str = "Ada", **columns) -> Consultation:
    """A consultation booked for a time, whatever the coach's hours say."""
    asked = consultation(email, name, **columns)
    asked.settle(ReservedTime.make(coach, asked.kind, starts_at))
    db.session.flush()
    return asked


def payment(consultation: Consultation, **moments) -> ConsultationPayment:
    about = {"person": consultation.person, "kind": consultation.kind, "name": "Ada", "currency": "usd"}
    return _add(ConsultationPayment(consultation=consultation, amount_cents=15000, **about, **moments))


def waiting_entry(email: str, name: str = "Ada", **columns) -> WaitingEntry:
    """A place in line."""
    wish = {"weekdays": [2, 3], "day_parts": ["evening"], "time_zone": "Europe/Berlin"}
    columns = {"kind": columns.pop("kind", None) or kind(), "confirmed_at": now()} | wish | columns
    return _add(WaitingEntry(person=person(email), name=name, **columns))


def place_in_line(email: str, name: str = "Ada", **columns) -> WaitlistEntry:
    """One on the waiting list of a cohort, who has confirmed."""
    course_cohort = cohort()
    course_cohort.seats_awaited += 1
    columns = {"confirmed_at": now()} | columns
    return _add(WaitlistEntry(person=person(email), cohort=course_cohort, name=name, **columns))


def order(email: str, name: str = "Ada", enrolled: bool = True, **moments) -> Order:
    moments = moments or {"paid_at": now()}
    bought = _add(
        Order(person=person(email), cohort=cohort(), name=name, amount_cents=120000, currency="usd", **moments)
    )
    if enrolled:
        _add(Enrollment(order=bought, person=bought.person, cohort=bought.cohort))
    return bought


def refund(of: Order) -> Refund:
    """One in full, of another payment than the order's own."""
    return _add(Refund(reference=of.public_id, stripe_payment_intent_id="pi_another", reason="paid twice"))


def paper(email: str, name: str = "Ada") -> Paper:
    """The receipt for a place in the course."""
    bought = order(email, name, paid_cents=120000, paid_at=now())
    return Paper.receipt(Enrollment.of_order(bought)[0])


def issue(title: str = "Ordinary joy", **columns) -> Issue:
    columns = {"subject": "A thought", "body": "Dear {first_name|Doctor},\n\nsome words."} | columns
    return new_draft(title, **columns)


def email(to: str, subject: str = "Hello", whose: Person | None = None, **columns) -> Email:
    columns = {"html": "<h1>Hello</h1>", "body": "Hello\n", "to_name": "", "headers": {}} | columns
    count = db.session.scalar(db.select(db.func.count()).select_from(Email))
    return _add(
        Email(
            to_address=to, subject=subject, template="tests/hello", person=whose,
            message_id=f"<{count}@tests.example.org>", **columns,
        )
    )  # fmt: skip


def upload(data: bytes = b"email,name\nada@example.org,Ada\n", file_name: str = "people.csv") -> Upload:
    return Upload.receive(file_name, [data])


def _add(row):
    db.session.add(row)
    db.session.flush()
    return row
