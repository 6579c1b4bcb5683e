"""Stripe's records beside ours: what no event told is mended, the rest is listed, and nothing is left over."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.enrollment.cohorts import Cohort
from app.enrollment.enrolling import give_back
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.reconciling.models import Reconciliation
from app.payments.reconciling.reconciling import reconcile
from app.up import stripe_stand_in
from tests.enrollment.conftest import cohort, course, later, shop, stand_in, stripe
from tests.enrollment.test_second_page import pages
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows

__all__ = ["cohort", "course", "later", "pages", "shop", "stand_in", "stripe"]  # Fixtures of the course on sale.


@pytest.fixture
def reconciled(app):
    """Reconciles, and tells (mended, left, missed events) and what differs, in words."""

    def run() -> tuple[tuple[int, int, int], list[str]]:
        with fresh_rows():
            done = reconcile()
            words = [payment.difference for payment in done.payments if payment.difference]
            words += [finding.words for finding in done.findings]
            return (done.mended, done.left, done.missed_events), words

    return run


def change(statement) -> None:
    with fresh_rows():
        db.session.execute(statement)
        db.session.commit()


def lose_events(stripe) -> None:
    """Stripe believes that all has been delivered, and we never heard of it."""
    with stripe.sandbox.transaction():
        for event in stripe.sandbox.store.all("event"):
            event["pending_webhooks"] = 0


def test_a_payment_that_no_event_told_is_made_good(shop, stripe, reconciled):
    stripe.pay(shop.buy())
    lose_events(stripe)
    assert shop.enrollments == []
    assert reconciled() == ((1, 0, 0), [])
    assert (len(shop.enrollments), shop.order.state) == (1, "paid")
    assert reconciled() == ((0, 0, 0), [])


def test_events_that_stripe_could_not_deliver_are_heard(shop, stripe, reconciled):
    session = shop.buy()
    stripe.pay(session)  # Kept by the stand-in until somebody has it delivered: it has not been.
    told, words = reconciled()
    assert told[1:] == (0, 1)
    assert words == []
    assert (len(shop.enrollments), [event.type for event in shop.events]) == (1, ["checkout.session.completed"])
    shop.hear()  # Stripe tries once more later.
    assert len(shop.events) == len({event.stripe_id for event in shop.events})
    assert len(shop.enrollments) == 1


def test_a_refund_of_an_old_payment_that_no_event_told_is_found(shop, stripe, later, reconciled):
    stripe.pay(shop.buy())
    shop.hear()
    later(days=40)
    refund(stripe)
    lose_events(stripe)
    later(days=5)
    with fresh_rows():
        reconcile(timedelta(days=10))
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)


def test_a_page_that_expired_unheard_gives_its_seat_back(shop, stripe, later, reconciled):
    stripe.expire(shop.buy())
    lose_events(stripe)
    reconciled()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def test_a_page_that_is_open_for_an_order_we_let_go_differs_in_its_state_alone(shop, stripe, reconciled):
    def states() -> list[tuple[str, str, bool]]:
        assert reconciled() == ((0, 0, 0), [])
        with fresh_rows():
            shown = Reconciliation.last().shown
            return [(each.our_state, each.stripe_state, each.differs_in_state_only) for each in shown]

    shop.buy()
    assert states() == [("pending", "open", False)]
    with fresh_rows():
        Order.for_update(db.session.scalar(db.select(Order.id))).expire()
        db.session.commit()
    assert states() == [("expired", "open", True)]


def test_a_payment_of_no_order_is_listed_and_left(shop, stripe, reconciled):
    session = shop.buy()
    stripe.pay(session)
    shop.hear()
    with stripe.sandbox.transaction():
        stripe.sandbox.store.get("checkout.session", session)["client_reference_id"] = "f" * 32
    change(update(Order).values(stripe_session_id="cs_test_other"))
    told, words = reconciled()
    assert told[:2] == (0, 2)
    assert any("no order of ours knows of it" in each for each in words)
    assert any("unknown at Stripe" in each for each in words)


def test_what_else_is_sold_on_the_same_account_is_passed_over(shop, stripe, reconciled):
    session = shop.buy()
    with stripe.sandbox.transaction():
        stripe.sandbox.store.get("checkout.session", session).update(client_reference_id=None, metadata={})
    stripe.pay(session)
    refund(stripe, amount=100)
    change(update(Order).values(stripe_session_id=None))
    assert reconciled()[1] == []
    with fresh_rows():
        assert Reconciliation.last().payments == []


def test_a_second_payment_that_no_event_told_goes_back(shop, stripe, pages, reconciled):
    for number, page in enumerate(pages):
        stripe.pay(page)
        lose_events(stripe)
        assert reconciled() == ((1, 0, 0), []), number
    shop.work()
    assert [made["amount"] for made in stripe.sandbox.store.all("refund")] == [120000]
    assert (len(shop.enrollments), reconciled()[1]) == (1, [])


def test_of_two_pages_only_the_one_that_is_not_as_asked_is_listed(shop, stripe, pages, reconciled):
    _, other = pages
    for page in pages:
        stripe.pay(page)
    stripe.sandbox.store.get("checkout.session", other)["currency"] = "eur"
    shop.hear()
    assert reconciled()[1] == ["What was paid is not what we asked for. Return it in Stripe."]
    stripe.refund(stripe.sandbox.store.get("checkout.session", other)["payment_intent"])
    shop.hear()
    assert (shop.order.state, reconciled()[1]) == ("paid", [])


def test_a_refund_that_ended_a_place_and_did_not_arrive_is_listed(shop, stripe, reconciled):
    stripe.pay(shop.buy())
    shop.hear()
    made = refund(stripe)
    shop.hear()
    assert reconciled()[1] == []
    stripe.settle_refund(made["id"], "failed")
    shop.hear()
    assert reconciled()[1] == [
        f"$1,200.00 of order {shop.order.number} was to go back and did not arrive. Return it in another way."
    ]


def test_a_refund_that_failed_unheard_while_the_payment_is_disputed_is_mended(shop, stripe, reconciled):
    stripe.pay(shop.buy())
    made = refund(stripe, amount=20000)
    stripe.dispute(made["charge"])
    shop.hear()
    stripe.settle_refund(made["id"], "failed")
    lose_events(stripe)
    assert reconciled() == ((1, 0, 0), [])
    assert (shop.order.refunded_cents, shop.order.state) == (0, "disputed")


def test_an_amount_that_is_not_ours_is_listed_until_it_is_returned(shop, stripe, reconciled):
    session = shop.buy()
    change(update(Order).values(amount_cents=100))
    stripe.pay(session)
    shop.hear()
    assert reconciled()[1] == ["What was paid is not what we asked for. Return it in Stripe."]
    refund(stripe)
    assert reconciled()[1] == []


def test_seats_that_nobody_holds_and_payments_without_a_place_are_listed(shop, stripe, reconciled):
    stripe.pay(shop.buy())
    shop.hear()
    change(update(Cohort).where(Cohort.id == shop.cohort_id).values(seats_taken=3))
    place = shop.enrollments[0]
    change(update(type(place)).values(ended_at=place.enrolled_at))
    assert reconciled()[1] == [
        "Spring counts 3 seats taken, and 1 are held by somebody.",
        f"{shop.order.number} is paid, and nobody is enrolled by it.",
    ]


def test_a_refund_that_does_not_leave_is_listed(shop, stripe, later, reconciled):
    stripe.pay(shop.buy())
    shop.hear()
    stripe.fail_calls(400, path="/v1/refunds", times=99)
    with fresh_rows():
        order = Order.for_update(shop.order.id)
        give_back(order, order.stripe_payment_intent_id, "no seat")
        db.session.commit()
    later(hours=2)
    assert any("has not gone out" in words for words in reconciled()[1])


@pytest.mark.parametrize("status", [500, 429, "drop"])
def test_when_stripe_does_not_answer_it_says_so_and_what_was_found_stays(shop, stripe, status):
    stripe.pay(shop.buy())
    stripe.fail_calls(status, path="/v1/checkout/sessions", times=99)
    with fresh_rows():
        run = reconcile()
        assert (bool(run.trouble), run.finished_at is not None) == (True, True)


def test_two_at_once_mend_once(app, shop, stripe, reconciled):
    stripe.pay(shop.buy())
    lose_events(stripe)
    db.session.rollback()

    def run(_: int) -> str:
        with app.app_context():
            return reconcile().trouble

    assert set(at_once(3, run)) == {""}
    assert len(shop.enrollments) == 1
    with fresh_rows():
        assert Reconciliation.last().left == 0
        assert not Reconciliation.running()


def test_the_command_fails_while_something_is_left(app, shop, stripe):
    stripe.pay(shop.buy())
    lose_events(stripe)
    runner = app.test_cli_runner()
    with fresh_rows():
        done = runner.invoke(args=["stripe", "reconcile"])
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].endswith("0 missed events heard, 1 mended, 0 left over.")
    change(update(Cohort).where(Cohort.id == shop.cohort_id).values(seats_taken=2))
    with fresh_rows():
        done = runner.invoke(args=["stripe", "reconcile", "--days", "2"])
    assert done.exit_code == 1
    assert "left    Spring counts 2 seats taken" in done.output


def test_the_readme_has_the_values_with_which_the_command_asks_the_stand_in_of_make_run():
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert [f"{name}={value}" for name, value in stripe_stand_in(8000).items() if f"{name}={value}" not in readme] == []
