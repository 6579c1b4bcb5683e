"""An opening of a kind that has a price: whoever takes what is held for them pays for it first."""

import pytest
from sqlalchemy import select

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.booking.reserved import ReservedTime
from app.coaching.waiting.offers import SlotOffer
from app.coaching.waiting.tasks import sweep_waiting_list
from app.extensions import db
from tests.coaching.waiting.conftest import TAKING
from tests.races import fresh_rows
from tests.studio import factories


@pytest.fixture
def offered(desk):
    """The path of what is held for Ada, and when it starts."""
    factories.waiting_entry(
        "ada@example.org", "Ada", kind=db.session.get(ConsultationKind, desk.kind_id), also_at_night=True,
        weekdays=list(range(7)), day_parts=["day"],
    )  # fmt: skip
    db.session.commit()
    sweep()
    with fresh_rows():
        offer = db.session.scalars(select(SlotOffer)).one()
        return f"/coaching/waiting/offers/{offer.link_token}", offer.starts_at


def sweep():
    db.session.rollback()
    sweep_waiting_list.call_local()
    db.session.rollback()


def offers():
    with fresh_rows():
        return list(db.session.scalars(select(SlotOffer.starts_at).order_by(SlotOffer.id)))


def reserved():
    with fresh_rows():
        return [(row.starts_at, row.held_until is None) for row in db.session.scalars(select(ReservedTime))]


def test_the_page_says_what_it_costs(desk, offered):
    page = desk.get(offered[0]).text
    assert "$150" in page
    assert "Go on to payment" in page


def test_it_is_held_while_they_pay_and_theirs_once_it_is_paid(desk, stripe, offered, mail):
    path, starts_at = offered
    answer = desk.post(path, **TAKING)
    assert answer.status_code == 303
    assert reserved() == [(starts_at, False)]
    assert "You went on to pay" in desk.get(path).text
    assert desk.post(path, **TAKING).location == answer.location
    sweep()
    assert offers() == [starts_at]
    stripe.pay(answer.location.rpartition("/")[2])
    desk.hear()
    assert desk.booked == [starts_at]
    assert desk.books_balance
    assert len(mail.to("ada@example.org", "coaching/consultation_booked")) == 1
    sweep()
    assert offers() == [starts_at]


def test_whoever_does_not_pay_waits_on_for_another_time(desk, stripe, offered):
    path, starts_at = offered
    stripe.expire(desk.post(path, **TAKING).location.rpartition("/")[2])
    desk.hear()
    assert reserved() == []
    sweep()
    [first, second] = offers()
    assert first == starts_at
    assert second > starts_at


def test_without_an_answer_from_stripe_the_time_is_free_again(desk, stripe, offered):
    stripe.fail_calls(503, path="/v1/checkout/sessions", method="POST", times=10)
    answer = desk.post(offered[0], **TAKING)
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    assert reserved() == []
    stripe.sandbox.faults.clear()
    assert desk.post(offered[0], **TAKING).status_code == 303


def test_what_lapsed_leads_to_no_payment(desk, offered, later):
    later(hours=5)
    answer = desk.post(offered[0], **TAKING)
    assert answer.status_code == 409
    assert desk.payments == []


def test_bad_input_leads_to_no_payment_and_what_is_held_stays_held(desk, offered):
    assert desk.post(offered[0], **(TAKING | {"topics": "nope"})).status_code == 422
    assert desk.payments == []
    assert reserved() == [(offered[1], False)]


def test_who_has_as_many_open_requests_as_anybody_may_have_is_told_and_what_is_held_stays_held(desk, offered, mail):
    path, _ = offered
    for hours in (24, 26, 28):
        assert desk.book(slot=desk.slot(hours=hours)).status_code == 303
    mails, held = len(mail.all), reserved()
    answer = desk.post(path, **TAKING, goals="kept as typed")
    assert answer.status_code == 409
    assert "as many open requests" in answer.text
    assert "kept as typed" in answer.text
    assert reserved() == held
    assert len(mail.all) == mails
    with fresh_rows():
        assert db.session.scalars(select(SlotOffer)).one().is_open
