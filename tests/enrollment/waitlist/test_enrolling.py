"""From a held seat into the course."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import sweep_waitlists
from app.extensions import db
from app.local_times import in_words
from app.payments.reconciling.reconciling import CHECKS
from app.payments.tasks import sweep_payments
from app.people import records
from app.people.models import Person
from tests.enrollment.waitlist.conftest import ADA
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows

GRACE, OWNER = "grace@example.org", "owner@doctor.example.org"
DAY = timedelta(days=1)


def session_of(answer) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.location).rpartition("/")[2]


def order_of(line):
    return next(order for order in line.shop.orders if order.name != "Somebody")


def test_who_takes_the_seat_and_pays_is_enrolled(line, stripe):
    link = line.offered()
    session = session_of(line.enroll(link))
    assert (line.entry().state, line.counts, order_of(line).seats_held) == ("paying", (3, 0), 1)
    assert line.shop.books_balance
    assert session_of(line.enroll(link)) == session
    stripe.pay(session)
    line.shop.hear()
    [place] = line.shop.enrollments
    assert (place.person_id, line.entry().state, line.counts) == (line.entry().person_id, "enrolled", (3, 0))
    assert line.enroll(link).location == link
    assert "You are enrolled" in line.page(link)
    assert line.shop.books_balance


def test_pressing_at_once_makes_one_order(app, line):
    link = line.offered()
    db.session.rollback()
    answers = at_once(4, lambda _: app.test_client().post(f"{link}/checkout", data={"name": "Ada"}))
    assert len({answer.location for answer in answers}) == 1
    assert line.counts == (3, 0)
    assert len(line.shop.orders) == 4


def test_another_name_takes_another_page_and_the_same_seat(line):
    link = line.offered()
    first = session_of(line.enroll(link))
    assert session_of(line.enroll(link, name="Ada King")) != first
    assert line.counts == (3, 0)
    assert line.shop.books_balance
    assert line.enroll(link, name="  ").status_code == 422


def test_unpaid_the_seat_is_theirs_again_while_the_offer_lasts(line, stripe, later):
    link = line.offered()
    line.join(GRACE)
    stripe.expire(session_of(line.enroll(link)))
    line.shop.hear()
    assert (line.states(), line.counts) == (["offered", "waiting"], (3, 1))
    assert line.shop.start(email="buyer@example.org").status_code == 409
    later(hours=47, minutes=50)
    line.enroll(link)
    later(minutes=20)
    sweep_waitlists.call_local()
    assert line.entry().state == "paying"
    later(minutes=30)
    sweep_payments.call_local()
    line.work()
    assert line.states() == ["lapsed", "offered"]
    assert line.shop.books_balance


def test_who_turns_back_is_told_until_when_the_list_holds_the_seat(line, stripe, client):
    session = session_of(line.enroll(line.offered()))
    order = order_of(line)
    until = in_words(line.entry().offer_until, "America/New_York")

    def pages():
        with fresh_rows():
            yield client.get(f"/course/checkout/cancelled?order={order.public_id}").text
        yield line.shop.come_back(session).text

    assert f"held for you until {until}" in next(pages())
    client.post("/course/checkout/cancelled", data={"order": order.public_id})
    for page in pages():
        assert f"still held for you alone until {until}" in page
        assert "no seat is held" not in page
        assert "is free again" not in page
    assert line.entry().state == "offered"


@pytest.mark.parametrize("status", [503, "drop"])
def test_a_stripe_that_stumbles_leaves_the_seat_with_them(line, stripe, status):
    link = line.offered()
    stripe.fail_calls(status, path="/v1/checkout/sessions", times=3)
    answer = line.enroll(link)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "the seat stays held for you" in answer.text
    assert (line.entry().state, line.counts) == ("offered", (3, 0))
    assert line.enroll(link).status_code == 303
    assert line.shop.books_balance


def test_a_stripe_that_refuses_leaves_the_seat_with_them_and_the_owner_hears_of_it(line, stripe, mail):
    link = line.offered()
    stripe.fail_calls(400, path="/v1/checkout/sessions")
    answer = line.enroll(link)
    assert (answer.status_code, "The fault is ours" in answer.text) == (503, True)
    assert (line.entry().state, line.counts) == ("offered", (3, 0))
    assert len(mail.to(OWNER, "enrollment/payment_page_refused")) == 1
    assert line.enroll(link).status_code == 303


def test_who_only_types_an_address_takes_no_seat_from_it_and_learns_nothing(line):
    link = line.offered()
    unknown = line.shop.start(email="stranger@example.org", name="Stranger")
    answers = [line.shop.start(email=ADA, name="Stranger")]
    assert (line.entry().state, line.counts) == ("offered", (3, 0))
    line.enroll(link)
    answers.append(line.shop.start(email=ADA, name="Stranger"))
    assert [(answer.status_code, answer.text) for answer in answers] == [(409, unknown.text)] * 2
    assert (line.entry().state, line.counts) == ("paying", (3, 0))
    assert 'value="Ada Lovelace"' in line.page(link)
    assert line.shop.books_balance


def test_who_pays_for_another_seat_than_the_held_one_leaves_that_to_the_next(line, stripe):
    line.offered()
    line.free()
    session = line.shop.buy(email=ADA)
    assert (line.entry().state, line.counts) == ("offered", (3, 0))
    stripe.pay(session)
    line.shop.hear()
    assert (line.entry().state, line.counts) == ("enrolled", (2, 0))
    assert line.shop.books_balance


def test_who_enrolls_while_waiting_waits_no_more(line, stripe):
    line.free()
    session = line.shop.buy(email=ADA)
    line.join()
    assert line.counts == (3, 1)
    stripe.pay(session)
    line.shop.hear()
    assert (line.entry().state, line.counts) == ("enrolled", (3, 0))
    assert line.shop.books_balance


def test_a_refund_offers_the_seat_to_the_next(line, stripe):
    stripe.pay(session_of(line.enroll(line.offered())))
    line.shop.hear()
    line.join(GRACE)
    refund(stripe)
    line.shop.hear()
    assert (line.states(), line.counts) == (["enrolled", "offered"], (3, 0))
    assert line.shop.books_balance


def test_a_payment_that_was_late_finds_the_held_seat(line, stripe, later):
    link = line.offered()
    session = session_of(line.enroll(link))
    stripe.pay(session)
    later(minutes=40)
    with fresh_rows():
        Order.for_update(order_of(line).id).expire()
        db.session.commit()
    assert line.entry().state == "offered"
    line.shop.hear()
    assert (len(line.shop.enrollments), line.entry().state, line.counts) == (1, "enrolled", (3, 0))
    assert line.shop.books_balance


def offered_after_paying_late(line, stripe, later, seats: int = 1) -> str:
    """Ada has let the seats go that she ordered, when the one she waited for is held for her; the link to that. Stripe
    has yet to tell that she had paid for the others.
    """
    line.free(seats)
    session = line.shop.buy(email=ADA, seats=str(seats))
    link = line.join()
    later(minutes=33)
    stripe.pay(session)
    with fresh_rows():
        Order.for_update(line.shop.orders[-1].id).expire()
        db.session.commit()
    line.work()
    assert line.states() == ["offered"]
    return link


def test_a_late_payment_has_the_held_seat_that_another_order_of_theirs_is_to_pay_for(line, stripe, later):
    line.enroll(offered_after_paying_late(line, stripe, later), name="Ada King")
    line.join(GRACE)
    assert (line.states(), line.counts) == (["paying", "waiting"], (3, 1))
    line.shop.hear()
    assert [order.state for order in line.shop.orders[-2:]] == ["paid", "expired"]
    assert (line.states(), line.counts, len(line.shop.enrollments)) == (["enrolled", "waiting"], (3, 1), 1)
    assert line.shop.books_balance


def test_a_late_payment_for_a_department_leaves_the_seat_that_is_held_for_its_buyer_alone(line, stripe, later):
    line.enroll(offered_after_paying_late(line, stripe, later, seats=2))
    assert (line.states(), line.counts) == (["paying"], (2, 0))
    line.shop.hear()
    assert line.shop.orders[-2].has_to_choose
    assert (line.shop.orders[-1].state, line.states(), line.counts) == ("pending", ["paying"], (2, 0))
    assert line.shop.books_balance


def test_a_late_payment_takes_no_seat_from_the_next_in_line_where_the_time_of_its_own_is_over(line, stripe, later):
    link = offered_after_paying_late(line, stripe, later)
    later(hours=47, minutes=50)
    line.enroll(link)
    line.join(GRACE)
    later(minutes=20)
    assert (line.states(), line.counts) == (["paying", "waiting"], (3, 1))
    line.shop.hear()
    assert line.shop.orders[-2].has_to_choose
    assert (line.shop.orders[-1].state, line.states(), line.counts) == ("pending", ["paying", "waiting"], (3, 1))
    assert line.shop.books_balance


@pytest.mark.parametrize("state", ["waiting", "offered", "unproven"])
def test_erasing_gives_the_seat_to_the_next(line, state):
    if state == "unproven":
        line.ask()
    else:
        (line.offered if state == "offered" else line.join)()
    line.join(GRACE)
    with fresh_rows():
        person = Person.with_email(ADA)
        assert [entry["cohort"] for entry in records.export(person)["course_waitlist"]] == ["Spring"]
        records.erase(person)
        db.session.commit()
    line.work()
    assert line.states() == ["offered" if state == "offered" else "waiting"]
    assert line.shop.books_balance


def test_the_books_tell_what_does_not_add_up(line):
    line.offered()
    line.join(GRACE)
    with fresh_rows():
        assert [said for check in CHECKS for said in check(now() - DAY)] == []
        for entry in db.session.scalars(select(WaitlistEntry)):
            db.session.delete(entry)
        db.session.commit()
        assert sorted(said.split()[2] for check in CHECKS for said in check(now() - DAY)) == ["1", "3"]


def test_who_is_paying_reads_until_when_and_what_their_page_asks(line, stripe):
    link = line.offered()
    session = session_of(line.enroll(link, name="Ada King"))
    with fresh_rows():
        db.session.execute(update(Cohort).values(price_cents=140000))  # The page they have keeps its price.
        db.session.commit()
    page, order = line.page(link), order_of(line)
    assert "$1,200" in page
    assert "$1,400" not in page
    assert "Ada King" in page
    assert in_words(line.entry().offer_until, "America/New_York") in page
    stripe.pay_by_debit(session)
    line.shop.hear()
    assert order.public_id == order_of(line).public_id
    assert "bank is still confirming" in line.page(link)
    assert line.enroll(link).location == link
    assert len(line.shop.orders) == 4
