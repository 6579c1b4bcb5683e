"""Buyers, a bank, an owner and a Stripe that stumbles, by the throw of dice: at every step the books balance.

In the end nobody has paid without a place, nobody has a place without paying, and nothing is left over.
"""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from app.enrollment.cohorts import Cohort
from app.enrollment.department.models import Seat, department_token
from app.enrollment.enrolling import end_free
from app.enrollment.enrollments import Enrollment
from app.enrollment.next_cohort.moving import CannotMove, move
from app.enrollment.next_cohort.offering import AlreadyChosen, accept, decline
from app.enrollment.next_cohort.tasks import give_back_what_was_not_chosen
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import serve_waitlists, sweep_waitlists
from app.extensions import db
from app.payments.reconciling.reconciling import reconcile
from app.payments.refunds import Refund, TooMuch
from app.payments.tasks import sweep_payments
from app.people.models import Person
from app.stripe_sandbox.cards import CLOSED_ACCOUNT, GOOD, GOOD_ACCOUNT
from app.stripe_sandbox.errors import StripeError
from tests.races import fresh_rows

SEEDS = (2, 13, 53)
STEPS = 40
SEATS = 5


class Life:
    """What may happen, each thing to somebody or something that the dice choose."""

    def __init__(self, shop, stripe, later, seed: int) -> None:
        self.shop, self.stripe, self.later, self.dice = shop, stripe, later, random.Random(seed)
        self.pages: list[str] = []
        stripe.make_code("HALF", percent_off=50)
        stripe.make_code("FREE", percent_off=100)

    def step(self) -> None:
        happening = self.dice.choice(HAPPENINGS)
        with suppress(StripeError):
            happening(self)

    def buy(self) -> None:
        self._begin(seats="1")

    def buy_for_a_department(self) -> None:
        self._begin(seats=self.dice.choice(["2", "3"]), organization="Ward Nine")

    def _begin(self, **wanted: str) -> None:
        answer = self.shop.start(email=self._somebody(), **wanted)
        assert answer.status_code in (303, 409, 503), answer.text
        if answer.status_code == 303:
            self.pages.append(str(answer.location).rpartition("/")[2])

    def pay(self) -> None:
        self.stripe.pay(self._page(), GOOD, code=self.dice.choice([None, None, None, "HALF", "FREE"]))

    def pay_by_debit(self) -> None:
        self.stripe.pay_by_debit(self._page(), self.dice.choice([GOOD_ACCOUNT, CLOSED_ACCOUNT]))

    def get_in_line(self) -> None:
        with fresh_rows():
            cohort = Cohort.for_update(self.shop.cohort_id)
            entry = WaitlistEntry.ask(Person.at(self._somebody()), cohort, "Grace", page="/course/waitlist")
            entry.confirm(page="/course/waitlist")
            db.session.commit()
        serve_waitlists.call_local()

    def take_the_offer(self) -> None:
        if links := self._offered():
            with fresh_rows():
                answer = self.shop.app.test_client().post(f"{self.dice.choice(links)}/checkout", data={"name": "Grace"})
            assert answer.status_code in (303, 503), answer.text
            if answer.status_code == 303:
                self.pages.append(str(answer.location).rpartition("/")[2])

    def dispute_and_pay_again(self) -> None:
        with fresh_rows():
            places = db.session.scalars(db.select(Enrollment).where(Enrollment.ended_at.is_(None)))
            found = sorted(
                (place.person.email, place.cohort_id, place.order.stripe_session_id)
                for place in places
                if place.order.paid_cents and not place.is_suspended
            )
        if not found:
            return
        email, cohort_id, session_id = self.dice.choice(found)
        self.stripe.dispute(session_id)
        self.shop.hear()
        answer = self.shop.start(email=email, cohort=str(cohort_id))
        if answer.status_code == 303:
            self.pages.append(str(answer.location).rpartition("/")[2])
            self.stripe.pay(self.pages[-1], GOOD)

    def leave_the_line(self) -> None:
        with fresh_rows():
            if standing := list(db.session.scalars(db.select(WaitlistEntry.id).where(WaitlistEntry.outcome == ""))):
                if entry := WaitlistEntry.for_update(self.dice.choice(standing)):
                    entry.leave("left", page="/course/waitlist")
                db.session.commit()
        serve_waitlists.call_local()

    def claim(self) -> None:
        self._with_a_seat(lambda seat: f"/course/seats/{seat.claim_token}", email=self._somebody(), name="Grace Hopper")

    def reassign(self) -> None:
        self._with_a_seat(
            lambda seat: f"/course/department/{department_token(seat.order)}/seats/{seat.position}/reassignment"
        )

    def _with_a_seat(self, address: Callable[[Seat], str], **typed: str) -> None:
        with fresh_rows():
            seats = list(db.session.scalars(db.select(Seat).order_by(Seat.id)))
            path = address(self.dice.choice(seats)) if seats else ""
        if path:
            answer = self.shop.app.test_client().post(path, data=typed)
            assert answer.status_code in (303, 409), answer.text
            self.shop.work()

    def settle(self) -> None:
        self.stripe.settle(self._page())

    def expire(self) -> None:
        self.stripe.expire(self._page())

    def come_back(self) -> None:
        self.shop.come_back(self._page())

    def stumble(self) -> None:
        self.stripe.fail_calls(self.dice.choice([429, 500, 503, "drop"]), times=self.dice.randrange(1, 5))

    def wait(self) -> None:
        self.later(minutes=self.dice.randrange(1, 30))

    def hear(self) -> None:
        told = [event["id"] for event in self.stripe.events()]
        self.shop.hear(*self.dice.sample(told, min(len(told), 6)), copies=2)

    def sweep(self) -> None:
        sweep_payments.call_local()

    def refund_at_stripe(self) -> None:
        self.stripe.refund(self._page(), self.dice.choice([None, 10000, 50000]))

    def refund_here(self) -> None:
        with fresh_rows():
            if paid := [order for order in self._orders() if order.paid_at]:
                order = Order.for_update(self.dice.choice(paid).id)
                with suppress(TooMuch):
                    Refund.owe_part(order, self.dice.choice([10000, 60000, 120000]), uuid.uuid4().hex)
                db.session.commit()
        self.shop.work()

    def dispute(self) -> None:
        self.stripe.dispute(self._page(), self.dice.choice([None, None, 40000]), inquiry=self.dice.random() < 0.3)

    def decide(self) -> None:
        if open_ones := self._open_disputes():
            self.stripe.decide_dispute(self.dice.choice(open_ones), self.dice.choice(["won", "lost"]))

    def appeal(self) -> None:
        if lost := self._disputes("lost"):
            self.stripe.decide_dispute(self.dice.choice(lost), "won")

    def end_free(self) -> None:
        with fresh_rows():
            if free := [order for order in self._orders() if order.paid_at and not order.paid_cents]:
                end_free(Order.for_update(self.dice.choice(free).id))
                db.session.commit()
        self.shop.work()

    def choose(self) -> None:
        with fresh_rows():
            if choosing := [order for order in self._orders() if order.has_to_choose]:
                with suppress(AlreadyChosen):
                    self.dice.choice([accept, decline])(Order.for_update(self.dice.choice(choosing).id))
                db.session.commit()
        self.shop.work()

    def move(self) -> None:
        with fresh_rows():
            places = list(db.session.scalars(db.select(Enrollment).where(Enrollment.ended_at.is_(None))))
            later_one = db.session.scalars(db.select(Cohort.id).order_by(Cohort.starts_on.desc())).first()
            if places:
                with suppress(CannotMove):
                    move(self.dice.choice(places), later_one)
                db.session.commit()

    def end_it_all(self) -> None:
        """Let every payment, dispute and time-out come to its end."""
        self.stripe.sandbox.faults.clear()
        for _ in range(4):
            self.later(days=8)
            for dispute in self._open_disputes():
                self.stripe.decide_dispute(dispute, self.dice.choice(["won", "lost"]))
            self.shop.hear()
            sweep_payments.call_local()
            give_back_what_was_not_chosen.call_local()
            sweep_waitlists.call_local()
            self.shop.work()

    def _somebody(self) -> str:
        return f"buyer{self.dice.randrange(9)}@example.org"

    def _offered(self) -> list[str]:
        with fresh_rows():
            entries = db.session.scalars(db.select(WaitlistEntry).order_by(WaitlistEntry.id))
            return [f"/course/waitlist/{entry.link_token}" for entry in entries if entry.state == "offered"]

    def _page(self) -> str:
        return self.dice.choice(self.pages or ["cs_test_none"])

    def _orders(self) -> list[Order]:
        return list(db.session.scalars(db.select(Order).order_by(Order.id)))

    def _open_disputes(self) -> list[str]:
        return self._disputes("needs_response", "under_review")

    def _disputes(self, *statuses: str) -> list[str]:
        return [dispute["id"] for dispute in self.stripe.sandbox.store.all("dispute") if dispute["status"] in statuses]


HAPPENINGS = (
    *[Life.buy] * 7,
    *[Life.pay] * 6,
    *[Life.hear] * 5,
    *[Life.wait] * 2,
    *(Life.pay_by_debit, Life.settle, Life.expire, Life.come_back, Life.stumble, Life.sweep, Life.refund_at_stripe),
    *[Life.buy_for_a_department] * 3,
    *[Life.claim] * 3,
    Life.reassign,
    *(Life.get_in_line, Life.get_in_line, Life.take_the_offer, Life.take_the_offer, Life.leave_the_line),
    *(Life.refund_here, Life.dispute, Life.decide, Life.appeal, Life.end_free, Life.choose, Life.choose, Life.move),
    *[Life.dispute_and_pay_again] * 4,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_books_balance(shop, stripe, later, seed):
    with fresh_rows():
        db.session.get_one(Cohort, shop.cohort_id).seats = SEATS
        db.session.commit()
    life = Life(shop, stripe, later, seed)
    for _ in range(STEPS):
        life.step()
        assert shop.books_balance
    life.end_it_all()
    assert shop.books_balance
    with fresh_rows():
        run = reconcile()
        odd = [payment.difference for payment in run.payments if payment.difference]
        assert (run.trouble, odd, [finding.words for finding in run.findings]) == ("", [], [])
    assert_who_paid_has_a_place(shop, stripe)


def assert_who_paid_has_a_place(shop, stripe) -> None:
    sessions = list(stripe.sandbox.store.all("checkout.session"))
    completed = {s["client_reference_id"] for s in sessions if s["payment_status"] in ("paid", "no_payment_required")}
    completed &= {s["client_reference_id"] for s in sessions if s["status"] == "complete"}
    assert {order.public_id for order in shop.orders if order.paid_at} == completed
    standing = Counter(enrollment.order_id for enrollment in shop.enrollments)
    with fresh_rows():
        owed = {
            refund.stripe_payment_intent_id
            for refund in db.session.scalars(db.select(Refund))
            if not refund.amount_cents
        }
        handed_out = Counter(db.session.scalars(db.select(Seat.order_id)))
    for order in shop.orders:
        assert standing[order.id] <= order.seats
        keeps_it = order.state == "paid" and (order.stripe_payment_intent_id or order.id) not in owed
        if order.is_for_department:
            assert order.id not in standing or order.state == "paid"
            assert not (keeps_it and order.paid_cents) or handed_out[order.id] == order.seats
        elif order.paid_cents:
            assert (order.id in standing) == keeps_it, (order.number, order.state)
        elif order.id in standing:
            assert order.state == "paid"
