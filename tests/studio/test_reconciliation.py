"""The page that shows Stripe's records beside ours."""

import re
from datetime import UTC, datetime

import pytest

from app.clock import now
from app.extensions import db
from app.payments.reconciling import models
from app.payments.reconciling.models import ComparedPayment, Finding, Reconciliation
from app.payments.reconciling.reconciling import reconcile
from tests.enrollment.conftest import cohort, course, later, shop, stand_in, stripe
from tests.races import fresh_rows
from tests.studio import factories

__all__ = ["cohort", "course", "later", "shop", "stand_in", "stripe"]  # Fixtures of the course on sale.
PAGE = "/studio/reconciliation"


def compared(number: int, **how: object) -> ComparedPayment:
    amounts = {"stripe_paid_cents": 120000, "stripe_refunded_cents": 0, "currency": "usd"}
    return ComparedPayment(session_id=f"cs_{number}", number=f"N{number}", stripe_state="paid", **amounts, **how)


@pytest.fixture
def run(app) -> Reconciliation:
    run = Reconciliation(since=now(), finished_at=now(), mended=1, missed_events=3)
    run.payments = [compared(number) for number in range(1, 8)]
    run.payments += [compared(8, is_mended=True), compared(9, difference="Paid at Stripe, not with us.")]
    run.findings = [Finding(words="Spring counts 3 <seats> taken, and 1 are held by somebody.")]
    db.session.add(run)
    db.session.commit()
    return run


def test_what_differs_comes_first_then_what_was_mended(owner, run):
    shown = owner.get(PAGE).text
    assert re.findall(r"\bN\d\b", shown) == ["N9", "N8", "N1", "N2", "N3", "N4", "N5", "N6", "N7"]
    assert "Paid at Stripe, not with us." in shown
    assert "3 &lt;seats&gt; taken" in shown
    assert re.findall(r"<dd>(\d+)", shown) == ["2", "1", "3", "9"]


def test_a_payment_for_a_consultation_leads_there_unless_that_is_erased(owner, run):
    payment = factories.payment(factories.consultation("ada@example.org"))
    for row, purchase_id in zip(run.payments[:2], (payment.id, payment.id + 1), strict=True):
        row.kind, row.purchase_id = "ConsultationPayment", purchase_id
    path = f"/studio/consultations/{payment.consultation_id}"
    db.session.commit()
    shown = owner.get(PAGE).text
    assert re.findall('<a href="([^"]+)">(N[12])</a>', shown) == [(path, "N1")]
    assert shown.count("N2 <span") == 1


def test_a_state_that_differs_without_money_is_not_called_nothing(owner, run):
    first = run.payments[0]
    first.stripe_state, first.stripe_paid_cents, first.our_state = "open", 0, "expired"
    db.session.commit()
    shown = owner.get(PAGE).text
    assert shown.count("The state, but no money") == 1


def test_it_says_when_it_ended_and_of_which_time(owner, run):
    run.since, run.finished_at = datetime(2027, 3, 1, 17, 5, tzinfo=UTC), datetime(2027, 3, 4, 18, 6, tzinfo=UTC)
    db.session.commit()
    shown = owner.get(PAGE).text
    assert "The last comparison ended Mar 4, 2027, 1:06 PM EST." in shown
    assert "opened since Mar 1, 2027, 12:05 PM EST" in shown


def test_states_that_differ_because_a_part_was_lost_and_the_rest_given_back_are_explained(owner, shop, stripe):
    stripe.pay(shop.buy())
    [charge] = [each["id"] for each in stripe.sandbox.store.all("charge")]
    stripe.decide_dispute(stripe.dispute(charge, amount=30000)["id"], "lost")
    shop.hear()
    stripe.refund(charge, 90000)
    shop.hear()
    with fresh_rows():
        assert reconcile().left == 0
        assert "the payer's bank kept a part, and the rest was given back" in owner.get(PAGE).text


def test_no_more_are_shown_than_a_page_has_room_for(owner, run, monkeypatch):
    monkeypatch.setattr(models, "MOST_SHOWN", 3)
    shown = owner.get(PAGE).text
    assert re.findall(r"\bN\d\b", shown) == ["N9", "N8", "N1"]
    assert "These are the first 3 of 9" in shown


def test_the_button_compares(owner, shop, stripe):
    stripe.pay(shop.buy())
    with fresh_rows():
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', owner.get(PAGE).text)[1]
        assert owner.post(PAGE, data={"csrf_token": token}).status_code == 303
        assert owner.get(PAGE).text.count("Stripe is being asked") == 1
    shop.work()
    assert len(shop.enrollments) == 1
    assert shop.order.number in owner.get(PAGE).text
