"""A buyer's second try, beside or after the first."""

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from app.enrollment.checkout import REMINDER_WORDING
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.fulfilment import look_into
from app.payments.tasks import sweep_payments
from app.people.models import Consent
from tests.enrollment.next_cohort.test_choosing import seats_taken
from tests.enrollment.test_seats import give_up_the_order
from tests.races import fresh_rows, in_thread, nth, stopped_before, wait_until_blocked

SESSIONS = "/v1/checkout/sessions"


# SQLite has one writer at a time, and no rows to lock.
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_buyer_who_comes_again_while_the_order_is_settled_meets_no_deadlock(app, shop, later):
    shop.buy()
    order_id = shop.order.id
    later(minutes=34)
    outcomes: dict[str, object] = {}

    def settle() -> str:
        with app.app_context():
            Order.for_update(order_id).expire()
            db.session.commit()
        return "settled"

    def come_again() -> int:
        data = {"cohort": shop.cohort_id, "email": "ada@example.org", "name": "Ada", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    # One holds its first lock and is about to take its second when the other comes to lock the same two rows.
    with stopped_before("before_cursor_execute", "settler", nth(2, "FOR UPDATE")) as second_lock:
        settler = in_thread("settler", settle, outcomes)
        assert second_lock.arrived.wait(30)
        buyer = in_thread("buyer", come_again, outcomes)
        wait_until_blocked()
        second_lock.open.set()
        settler.join()
        buyer.join()
    assert outcomes == {"settler": "settled", "buyer": 303}
    assert shop.books_balance


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # On SQLite, one writes at a time.
def test_an_order_that_is_offered_another_cohort_while_its_own_is_waited_for_is_of_that_one(app, shop):
    shop.buy()
    with fresh_rows():
        order_id, (spring, autumn) = shop.order.id, sorted(db.session.scalars(select(Cohort.id)))
    outcomes: dict[str, object] = {}

    def locked_cohort_of_the_order() -> int:
        with app.app_context(), db.engine.connect() as third:
            cohort = Order.for_update(order_id).cohort
            with pytest.raises(OperationalError):
                third.execute(select(Cohort.id).where(Cohort.id == cohort.id).with_for_update(nowait=True))
            return cohort.id

    with db.engine.connect() as other:
        other.execute(select(Cohort.id).where(Cohort.id == spring).with_for_update())
        reader = in_thread("reader", locked_cohort_of_the_order, outcomes)
        wait_until_blocked()
        other.execute(update(Order).where(Order.id == order_id).values(cohort_id=autumn))
        other.commit()
    reader.join()
    assert outcomes == {"reader": autumn}


@pytest.mark.parametrize("other", [{"name": "Ada Lovelace"}, {"seats": "2"}, {"organization": "Ward Nine"}])
def test_who_asks_for_something_else_gets_another_page_and_holds_no_more_than_that(shop, stripe, other):
    first = shop.buy(name="Mallory")
    second = shop.buy(**{"name": "Mallory"} | other)
    assert (first != second, shop.seats_taken) == (True, int(other.get("seats", 1)))
    stripe.pay(second)
    shop.hear()
    assert [order.state for order in shop.orders] == ["expired", "paid"]
    assert shop.books_balance


@pytest.mark.parametrize("pay", ["pay", "pay_by_debit"])
def test_a_stranger_who_types_an_address_takes_neither_page_nor_last_seat_from_who_pays(shop, stripe, pay):
    with fresh_rows():
        db.session.execute(db.update(Cohort).where(Cohort.id == shop.cohort_id).values(seats=1))
        db.session.commit()
    page = shop.buy()
    shop.buy(name="Mallory")
    shop.work()
    getattr(stripe, pay)(page)
    shop.hear()
    assert (shop.orders[1].state, shop.seats_taken) == ("expired", 1)
    if pay == "pay_by_debit":
        stripe.settle(page)
        shop.hear()
    assert [order.state for order in shop.orders] == ["paid", "expired"]
    assert (len(shop.enrollments), shop.books_balance) == (1, True)


def test_an_open_order_stays_where_its_seat_is_not_enough_for_what_was_paid_late(shop, stripe, later):
    page = shop.buy(seats="3")
    later(minutes=33)
    stripe.pay(page)
    give_up_the_order(shop, seats_of_the_cohort=3)
    shop.buy(email="grace@example.org")
    shop.buy()
    shop.hear()
    assert [(order.state, order.seats_held) for order in shop.orders] == [("paid", 3), ("pending", 1), ("pending", 1)]
    assert (seats_taken(), shop.books_balance) == ({"Spring": 2, "Autumn": 3}, True)


def test_an_order_reminds_as_who_came_last_wishes(shop):
    first = shop.buy(reminder="y")
    assert shop.buy() == first
    assert not shop.order.wants_reminder


def test_who_tries_again_after_a_cut_goes_on_with_the_last_seat(shop, stripe):
    with fresh_rows():
        db.session.execute(db.update(Cohort).where(Cohort.id == shop.cohort_id).values(seats=1))
        db.session.commit()
    lost: list[bool] = []

    def lose_the_database(_session) -> None:
        """The order is stored and Stripe's page is there, but not noted."""
        if not lost and sessions(stripe):
            lost.append(True)
            raise OperationalError("COMMIT", {}, Exception("the connection was cut"))

    event.listen(db.session, "before_commit", lose_the_database)
    try:
        answer = shop.start()
    finally:
        event.remove(db.session, "before_commit", lose_the_database)
    assert (answer.status_code, shop.seats_taken) == (503, 1)
    assert "may not have been saved" in answer.text
    session = shop.buy()
    assert [page["id"] for page in sessions(stripe)] == [session]
    assert (len(shop.orders), shop.seats_taken, shop.books_balance) == (1, 1, True)


def test_a_wish_to_be_reminded_after_a_failed_try_is_a_new_request(shop, stripe):
    stripe.fail_calls("drop", path=SESSIONS, method="POST", times=10, after=True)
    assert shop.start().status_code == 503
    stripe.sandbox.faults.clear()
    shop.buy(reminder="y")
    assert len(shop.orders) == 1


def test_a_reminder_asked_for_at_the_second_try_is_kept_with_its_wording(shop):
    shop.buy()
    shop.buy(reminder="y")
    assert shop.order.wants_reminder
    with fresh_rows():
        [line] = db.session.scalars(db.select(Consent))
    assert (line.action, line.wording) == ("requested", REMINDER_WORDING)


def test_an_order_taken_up_again_is_not_given_up_by_a_sweep_that_saw_it_before(app, shop, stripe, later):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert shop.start().status_code == 503
    order_id = shop.order.id
    later(minutes=11)
    outcomes: dict[str, object] = {}

    def sweep() -> str:
        with app.app_context():
            look_into(Order, order_id)
        return "swept"

    with stopped_before("checkout", "sweeper", nth(2)) as seen:
        sweeper = in_thread("sweeper", sweep, outcomes)
        assert seen.arrived.wait(30)
        shop.buy()
        seen.open.set()
        sweeper.join()
    assert outcomes == {"sweeper": "swept"}
    assert (shop.order.state, shop.seats_taken) == ("pending", 1)


def test_a_page_that_comes_when_its_order_is_over_is_closed(app, shop, stripe):
    db.session.rollback()
    outcomes: dict[str, object] = {}

    def buy() -> int:
        data = {"cohort": shop.cohort_id, "email": "ada@example.org", "name": "Ada", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    with stopped_before("checkout", "buyer", lambda: bool(sessions(stripe))) as page_made:
        buyer = in_thread("buyer", buy, outcomes)
        assert page_made.arrived.wait(30)
        with fresh_rows():
            Order.for_update(db.session.scalar(db.select(Order.id))).expire()
            db.session.commit()
        page_made.open.set()
        buyer.join()
    assert outcomes == {"buyer": 503}
    assert [session["status"] for session in sessions(stripe)] == ["expired"]
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def sessions(stripe) -> list[dict[str, object]]:
    return list(stripe.sandbox.store.all("checkout.session"))


def test_a_payment_in_the_last_minute_counts_though_we_had_given_the_order_up(shop, stripe, later):
    first = shop.buy()
    later(minutes=33, seconds=30)
    shop.buy()
    stripe.pay(first)  # And no event tells of it.
    sweep_payments.call_local()
    assert [order.state for order in shop.orders] == ["paid", "pending"]
    assert len(shop.enrollments) == 1


def test_an_order_we_have_given_up_is_looked_at_until_stripe_has_closed_its_page(shop, stripe, later):
    first = shop.buy()
    later(minutes=33, seconds=30)
    shop.buy()
    stripe.sandbox.store.get("checkout.session", first)["expires_at"] += 7200
    later(minutes=5)
    sweep_payments.call_local()
    assert stripe.sandbox.store.get("checkout.session", first)["status"] == "expired"
    assert [(order.state, order.look_at is None) for order in shop.orders] == [("expired", True), ("pending", False)]
    assert shop.seats_taken == 1


def test_a_stranger_who_types_an_address_many_times_does_not_lock_its_owner_out(shop, limits):
    for number in range(8):
        stranger = shop.app.test_client()
        stranger.environ_base["REMOTE_ADDR"] = f"198.51.{number}.7"
        shop.buy(stranger, name="Mallory")
    owner = shop.app.test_client()
    owner.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    shop.buy(owner)
    assert (shop.orders[-1].name, shop.seats_taken) == ("Ada Lovelace", 1)
