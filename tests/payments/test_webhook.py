"""The webhook: what Stripe signed for us is kept, whatever it is about; everything else leaves no trace."""

import time

import pytest

from app.extensions import db
from app.payments.stripe_events import StripeEvent
from app.payments.tasks import sweep_payments
from tests.payments.events import an_event, signed
from tests.races import fresh_rows


def events() -> list[StripeEvent]:
    with fresh_rows():
        return list(db.session.scalars(db.select(StripeEvent)))


BODY = an_event("cs_test_1")
DEEP = "[" * 100_000
EARLIER, LATER = time.time() - 301, time.time() + 3600


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "nonsense"),
        (BODY, "t=1,v1=\u2603".encode().decode("latin-1")),
        (BODY, signed(BODY, secret="whsec_other")),
        (BODY, signed(BODY, at=EARLIER)),
        (BODY, signed(BODY, at=LATER)),
        (BODY, signed(BODY + " ")),
        (BODY.replace("cs_test_1", "cs_test_2"), signed(BODY)),
        ("[]", signed("[]")),
        ("not json", signed("not json")),
        (an_event("x", livemode=True), signed(an_event("x", livemode=True))),
        (an_event("x", id=7), signed(an_event("x", id=7))),
        (an_event("x", id="evt_\ud800"), signed(an_event("x", id="evt_\ud800"))),
        (an_event("x", type="refund.\0"), signed(an_event("x", type="refund.\0"))),
        (an_event("x", data=[]), signed(an_event("x", data=[]))),
        ("\ufeff" + BODY, signed("\ufeff" + BODY)),
        (DEEP, signed(DEEP)),
    ],
    ids=[
        *("no header", "empty header", "nonsense", "not ASCII", "another's secret", "stale", "from the future"),
        *("altered body", "altered session", "a list", "no JSON", "live", "odd id", "half a letter", "NUL", "odd data"),
        *("a mark before it", "far too deep"),
    ],
)
def test_what_stripe_did_not_sign_for_us_now_leaves_only_a_line_in_the_log(stripe, client, caplog, body, header):
    headers = {} if header is None else {"Stripe-Signature": header}
    answer = client.post("/stripe/webhook", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 400
    assert [line.message.split(":")[0] for line in caplog.records if line.levelname == "WARNING"] == ["webhook refused"]
    assert events() == []


def test_an_event_of_the_other_mode_is_refused_as_that(stripe, client):
    body = an_event("cs_test_1", livemode=True)
    answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
    assert "livemode is true" in answer.json["error"]


@pytest.mark.parametrize("subject", [{"object": "checkout.session"}, {"id": None}, {"id": ""}, {"id": 7}])
def test_an_event_that_names_no_session_is_done_with_at_once(stripe, client, work, caplog, subject):
    body = an_event("", data={"object": subject})
    assert client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)}).status_code == 200
    db.session.rollback()
    work()
    [event] = events()
    assert event.processed_at and event.attempts == 1
    [told] = [line for line in caplog.records if line.levelname == "ERROR"]
    assert "names no session" in told.message and not told.exc_info


def test_without_a_secret_no_event_is_believed(app, stripe, client, monkeypatch):
    for nothing in (None, "", " "):
        monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRET", nothing)
        header = signed(BODY, secret=nothing or "")
        assert client.post("/stripe/webhook", data=BODY, headers={"Stripe-Signature": header}).status_code == 400
    assert events() == []


def test_events_that_are_not_ours_are_taken_and_left_alone(stripe, client, work):
    for number, kind in enumerate(("customer.created", "charge.refunded", "checkout.session.completed")):
        body = an_event("cs_test_unknown", id=f"evt_{number}", type=kind)
        answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
        assert answer.status_code == 200
    db.session.rollback()
    work()
    assert all(event.processed_at for event in events())


def test_an_event_is_stored_or_refused_but_never_half(app, stripe, client, monkeypatch):
    body = an_event("cs_test_1")
    monkeypatch.setattr(StripeEvent, "receive", lambda *_: 1 / 0)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
    assert answer.status_code == 500
    assert events() == []


def test_an_event_that_cannot_be_read_holds_up_nothing_else(stripe, app):
    db.session.add(StripeEvent(stripe_id="evt_1", type="customer.created", payload="\ufeff" + BODY))
    db.session.flush()
    db.session.add(StripeEvent(stripe_id="evt_2", type="customer.created", payload=BODY))
    db.session.commit()
    sweep_payments.call_local()
    unread, done = sorted(events(), key=lambda event: event.id)
    assert (unread.processed_at, unread.attempts) == (None, 1)
    assert "JSONDecodeError" in unread.last_error
    assert done.processed_at
