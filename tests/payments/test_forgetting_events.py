"""Events that were acted upon are kept for a while, longer than Stripe can tell of them, and then forgotten."""

from datetime import timedelta

from app.extensions import db
from app.payments.stripe_events import KEPT, StripeEvent
from app.payments.tasks import forget_old_events
from tests.payments.events import an_event, signed
from tests.races import fresh_rows


def kept_after(span: timedelta, clock) -> list[str]:
    clock.time += span
    with fresh_rows():
        forget_old_events.call_local()
    with fresh_rows():
        return list(db.session.scalars(db.select(StripeEvent.stripe_id).order_by(StripeEvent.stripe_id)))


def test_what_was_acted_upon_goes_after_its_time_and_what_waits_stays(stripe, client, clock):
    for number in ("evt_done", "evt_waits"):
        body = an_event("cs_test_unknown", id=number, type="customer.created")
        client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
    with fresh_rows():
        db.session.scalars(db.select(StripeEvent).filter_by(stripe_id="evt_done")).one().mark_processed()
        db.session.commit()
    assert kept_after(KEPT - timedelta(minutes=1), clock) == ["evt_done", "evt_waits"]
    assert kept_after(timedelta(minutes=2), clock) == ["evt_waits"]
