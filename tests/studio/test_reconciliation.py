"""The page that shows Stripe's records beside ours."""

import re

import pytest

from app.clock import now
from app.extensions import db
from app.payments.reconciling import models
from app.payments.reconciling.models import ComparedPayment, Finding, Reconciliation
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
