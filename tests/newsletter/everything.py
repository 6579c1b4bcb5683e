"""Somebody of whom every room holds something, and a search through all that is kept."""

import json
from datetime import timedelta

from sqlalchemy import String, cast, inspect, select

from app import followups
from app.clock import now
from app.coaching import emails as coaching_emails
from app.coaching.offer import CoachingOffer
from app.enrollment import emails as enrollment_emails
from app.enrollment.department import emails as department_emails
from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.followups.tasks import send_due_steps
from app.newsletter.allowance import Allowance
from app.newsletter.in_and_out.import_csv import Rejected
from app.newsletter.in_and_out.uploads import UploadReject
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.preferences.departures import Departure
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sign_ups import SignUp
from app.newsletter.tags import Tag
from app.payments.stripe_events import StripeEvent
from app.people.address_changes import AddressChange
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.people.sign_in_allowance import SignInAllowance
from app.people.suppressions import SOFT_BOUNCES, Suppression
from tests.studio import factories

GRACE, FORMER, NAME = "grace.hopper@example.org", "g.murray@example.org", "Zephyrine Quillfeather"


def with_everything(paid: bool = True) -> Person:
    """Grace, of whom every room holds all it can hold."""
    subscription = Subscription.at(FORMER)
    person = subscription.person
    SignUp.keep(subscription, first_name=NAME, topics=["career"], page="/newsletter/").confirm()
    subscription.tags, subscription.career_stage = Tag.named(["conference"]), "fellow"
    subscription.keep_quiet((22, 6), "America/Chicago")
    db.session.flush()
    change = AddressChange.ask(person, GRACE, needs_leave=False)
    change.make()
    AddressChange.ask(person, "wish@example.org", needs_leave=False)
    person.rename(NAME)
    Departure.note(person, "other", f"{NAME} was busy")
    SignInCode.issue(person)
    for address in (GRACE, FORMER):
        SignInAllowance.of(address).take_mail()
        Allowance.take(address)
    SignInAllowance.of("grace.hopper+tag@example.org").take_mail()
    UploadReject.keep(factories.upload().id, [Rejected(2, GRACE, "This person left here.")])
    Suppression.add(FORMER, SOFT_BOUNCES, f"550 {FORMER} is full")
    _write_to(person, subscription)
    _ask_for_a_consultation()
    _buy(person, paid)
    db.session.commit()
    send_due_steps.call_local()
    return person


def _write_to(person: Person, subscription: Subscription) -> None:
    issue = Issue(
        slug="one", title="One", subject="One", body="One", scheduled_at=now(), frozen_at=now(), recipients=2, sent=1
    )
    later = Issue(slug="two", title="Two", subject="Two", body="Two", scheduled_at=now(), frozen_at=now(), recipients=1)
    db.session.add_all([issue, later])
    db.session.flush()
    answer = f"250 accepted for {GRACE}"
    db.session.add(
        Delivery(issue_id=issue.id, subscription_id=subscription.id, due_at=now(), sent_at=now(), answer=answer)
    )
    db.session.add(Delivery(issue_id=later.id, subscription_id=subscription.id, due_at=now()))
    for name, delay in (("coaching", 0), ("course", 24)):
        sequence = followups.Sequence(name=name, title=name, purpose=name, starts_on="tag", start_tag=name)
        sequence.steps = [followups.SequenceStep(position=1, slug="a", subject="A", delay_hours=delay, body="A")]
        db.session.add(sequence)
        db.session.flush()
        followups.happened("tag", person, "x:1", tag=name, cohort_name=NAME)
    factories.email(FORMER, f"Dear {NAME}", whose=person, to_name=NAME, sent_at=now())
    factories.email(GRACE, "To the address alone", body=f"Dear {NAME}")
    factories.email("owner@doctor.example.org", "About her", body=f"{NAME} <{GRACE}> called")


def _ask_for_a_consultation() -> None:
    if not db.session.scalar(select(CoachingOffer)):
        factories.offer()
    consultation = factories.consultation(GRACE, NAME, goals=f"I am {NAME} and want to lead")
    coaching_emails.consultation_requested(consultation)
    coaching_emails.new_request(consultation)
    factories.consultation(GRACE, NAME, cancelled=True).cancel_reason = f"{NAME} is on call"


def _buy(person: Person, paid: bool) -> None:
    abandoned = factories.order(
        GRACE, NAME, enrolled=False, expired_at=now(), stripe_session_id="cs_1", checkout_url=f"https://x/{GRACE}"
    )
    session = {"id": "cs_1", "object": "checkout.session", "customer_details": {"email": GRACE, "name": NAME}}
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "billing_details": {"name": NAME}}
    for kind, subject in (("checkout.session.expired", session), ("charge.refunded", charge)):
        payload = json.dumps({"data": {"object": subject}})
        db.session.add(StripeEvent(stripe_id=f"evt_{kind}", type=kind, payload=payload))
    if paid:
        order = factories.order(GRACE, NAME, paid_at=now() - timedelta(days=1), stripe_payment_intent_id="pi_1")
        (enrollment,) = Enrollment.of_order(order)
        enrollment_emails.enrolled(enrollment, timedelta(days=1))
        enrollment_emails.new_enrollment(enrollment.order)
        _invite(order)
    else:
        abandoned.stripe_payment_intent_id = "pi_1"


def _invite(order: Order) -> None:
    """To a seat that somebody else bought."""
    other = factories.order("chief@example.org", "Chief", seats=2, seats_held=0, enrolled=False, paid_at=order.paid_at)
    Seat.make_for(other)
    db.session.flush()
    seat = Seat.of_order(other)[0]
    seat.invite(GRACE, NAME)
    department_emails.seat_invitation(seat)


def traces(*words: str) -> set[str]:
    """The columns of any table in which one of `words` stands, in any case, hashes aside."""
    db.session.rollback()
    found = set()
    for table in inspect(db.engine).get_table_names():
        columns = db.metadata.tables[table].columns if table in db.metadata.tables else []
        for column in columns:
            texts = db.session.scalars(select(cast(column, String)).where(column.is_not(None)))
            if any(word.lower() in text.lower() for text in texts for word in words):
                found.add(f"{table}.{column.name}")
    db.session.rollback()
    return found
