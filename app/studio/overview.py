"""How things stand: what waits for the owner, and a few numbers, counted no further than is worth knowing."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app, url_for
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from app.classroom.questions.models import LessonQuestion
from app.clock import in_zone, now
from app.coaching.availability.wall_clock import EPOCH, MINUTE, WallClock, number_of
from app.coaching.models import Consultation
from app.coaching.paying.models import ConsultationPayment
from app.enrollment.cohorts import Cohort
from app.enrollment.live_sessions import LiveSession
from app.enrollment.orders import Order
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import PURPOSE as NEWSLETTER
from app.newsletter.models import Subscription
from app.outbox import Email
from app.outbox.models import Worker
from app.payments import disputes
from app.people.models import Consent
from app.studio.coaching_troubles import Trouble, coaching_troubles
from app.studio.coaching_views import consultations_by_state
from app.studio.listing import count_up_to
from app.studio.newsletter_views import SUBSCRIPTIONS
from app.studio.outbox_views import STATES
from app.studio.owner_clock import on_my_clock, zone

COUNTED_UP_TO = 10_000
LATELY = 8
_ABOUT = joinedload(Consultation.person), joinedload(Consultation.kind), joinedload(Consultation.coach)
# What is older is in the list, and does not press: nobody walks through years for it.
REMEMBERED = timedelta(days=90)
UNSENT = ("waiting", "retrying", "failed")


class Count(NamedTuple):
    """A number, counted no further than COUNTED_UP_TO."""

    number: int

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.number >= COUNTED_UP_TO else f"{self.number:,}"

    @classmethod
    def of(cls, rows: Select[Any]) -> "Count":
        return cls(count_up_to(COUNTED_UP_TO, rows))


class Event(NamedTuple):
    """Something that happened: what, with whom, when, and where to read on."""

    what: str
    who: str
    at: datetime
    url: str


class Overview(NamedTuple):
    troubles: list[Trouble]
    open_requests: Count
    to_answer: list[Consultation]
    questions: list[LessonQuestion]
    to_note: list[Consultation]
    today: list[Consultation]
    odd_orders: list[Order]
    odd_payments: list[ConsultationPayment]
    disputed_orders: list[Order]
    subscribers: Count
    subscribers_of_a_week: Count
    cohorts: list[Cohort]
    issues: list[Issue]
    mails: dict[str, Count]
    has_worker: bool
    has_server: bool
    events: list[Event]

    @classmethod
    def of_now(cls) -> "Overview":
        a_week_ago = now() - timedelta(days=7)
        states, is_active = consultations_by_state(), SUBSCRIPTIONS.states["active"]
        is_asked = Consultation.is_unpaid.is_(False) & (Consultation.requested_at > now() - REMEMBERED)
        is_open = (states["requested"] | states["held"]) & is_asked
        subscribers = select(Subscription.id).where(is_active)
        return cls(
            troubles=[*_placeless(), *coaching_troubles()],
            open_requests=Count.of(select(Consultation.id).where(is_open)),
            to_answer=_to_answer(is_open),
            questions=_questions(),
            to_note=_booked(now() - REMEMBERED, now()),
            today=_booked(now(), _end_of_today()),
            # Their payment was not what we asked for.
            odd_orders=_odd(Order),
            odd_payments=_odd(ConsultationPayment),
            disputed_orders=_newest(Order, Order.dispute_status.in_((*disputes.OPEN, disputes.INQUIRY))),
            subscribers=Count.of(subscribers),
            subscribers_of_a_week=Count.of(subscribers.where(Subscription.confirmed_at > a_week_ago)),
            cohorts=_cohorts(),
            issues=_issues(),
            mails={state: Count.of(select(Email.id).where(STATES[state])) for state in UNSENT},
            has_worker=bool(Worker.alive()),
            has_server=bool(current_app.config["MAIL_SERVER"]),
            events=_lately(),
        )


def _placeless() -> list[Trouble]:
    """The live sessions of the next day that nobody can come to."""
    soon = LiveSession.starts_at.between(now(), now() + timedelta(days=1)), LiveSession.cancelled_at.is_(None)
    sessions = select(LiveSession).where(*soon, LiveSession.place == "").order_by(LiveSession.starts_at)
    return [
        Trouble(f"{session.title}, a live session of {session.cohort.name}, begins {on_my_clock(session.starts_at)} "
                "and has no place", url_for("studio.show_session", session_id=session.id))
        for session in db.session.scalars(sessions.options(joinedload(LiveSession.cohort)).limit(LATELY))
    ]  # fmt: skip


def _issues() -> list[Issue]:
    """Those on their way, or paused on it, then those to come, soonest first."""
    not_over = (Issue.finished_at.is_(None), Issue.cancelled_at.is_(None))
    going = select(Issue).where(Issue.frozen_at.is_not(None), *not_over).order_by(Issue.id)
    coming = select(Issue).where(Issue.scheduled_at.is_not(None), Issue.frozen_at.is_(None), *not_over)
    found = [db.session.scalars(rows.limit(LATELY)) for rows in (going, coming.order_by(Issue.scheduled_at))]
    return [issue for issues in found for issue in issues][:LATELY]


def _odd(purchase: Any) -> list[Any]:
    return _newest(purchase, purchase.mismatched_at.is_not(None), purchase.refunded_at.is_(None))


def _to_answer(is_open: ColumnElement[bool]) -> list[Consultation]:
    """Requests that wait for the coach, by their deadline. A proposal waits for its person as long as it is held."""
    held_until = Consultation.held_until
    is_ours = or_(Consultation.proposed_at.is_(None), held_until.is_(None), held_until <= now())
    waiting = select(Consultation).where(is_open, is_ours)
    soonest = waiting.order_by(held_until.is_(None), held_until, Consultation.id)
    return list(db.session.scalars(soonest.options(*_ABOUT).limit(LATELY)))


def _questions() -> list[LessonQuestion]:
    """Those of learners that wait for an answer, the oldest first."""
    waiting = select(LessonQuestion).where(LessonQuestion.answered_at.is_(None)).order_by(LessonQuestion.id)
    about = joinedload(LessonQuestion.person), joinedload(LessonQuestion.lesson)
    return list(db.session.scalars(waiting.options(*about).limit(LATELY)))


def _booked(since: datetime, until: datetime) -> list[Consultation]:
    """What is booked, begins between both, and has not been noted to have taken place or to have been missed."""
    between = Consultation.starts_at > since, Consultation.starts_at <= until
    booked = select(Consultation).where(consultations_by_state()["booked"], *between).order_by(Consultation.starts_at)
    return list(db.session.scalars(booked.options(*_ABOUT).limit(LATELY)))


def _end_of_today() -> datetime:
    """On the owner's clock."""
    tomorrow = in_zone(now(), zone()).date() + timedelta(days=1)
    return EPOCH + WallClock(zone()).begin(number_of(tomorrow), 0) * MINUTE


def _cohorts() -> list[Cohort]:
    """Those not over yet, soonest first, at one's own pace last."""
    running = select(Cohort).where(or_(Cohort.ends_on >= now().date(), Cohort.ends_on.is_(None)))
    soonest = (Cohort.starts_on.is_(None), Cohort.starts_on, Cohort.id)
    return list(db.session.scalars(running.order_by(*soonest).limit(LATELY)))


def _lately() -> list[Event]:
    """What came in most recently, newest first."""
    events = [*_newsletter_events(), *_requests(), *_sales()]
    return sorted(events, key=lambda event: event.at, reverse=True)[:LATELY]


def _newsletter_events() -> list[Event]:
    words = {"given": "Subscribed to the newsletter", "withdrawn": "Left the newsletter"}
    lines = _newest(Consent, Consent.purpose == NEWSLETTER, Consent.action.in_(words))
    return [Event(words[line.action], line.person.email, line.at, _page_of(line.person_id)) for line in lines]


def _requests() -> list[Event]:
    return [
        Event("Asked for a consultation", row.name or row.person.email, row.requested_at,
              url_for("studio.show_consultation", consultation_id=row.id))
        for row in _newest(Consultation)
    ]  # fmt: skip


def _sales() -> list[Event]:
    return [
        Event("Bought the course", order.name or order.person.email, order.paid_at, _page_of(order.person_id))
        for order in _newest(Order, Order.paid_at.is_not(None))
        if order.paid_at
    ]


def _newest(model: Any, *conditions: Any) -> list[Any]:
    newest = select(model).where(*conditions).options(joinedload(model.person)).order_by(model.id.desc())
    return list(db.session.scalars(newest.limit(LATELY)))


def _page_of(person_id: int) -> str:
    return url_for("studio.show_person", person_id=person_id)
