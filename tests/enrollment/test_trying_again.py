"""A buyer's second try, beside or after the first."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event

from app.enrollment.checkout import REMINDER_WORDING
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Consent
from tests.enrollment.conftest import fresh_rows


class Turnstile:
    """Lets the thread of one name past its `number`th locking of a row only when told to, so that another is first."""

    def __init__(self, thread: str, number: int) -> None:
        self.thread, self.number, self.arrived, self.open = thread, number, threading.Event(), threading.Event()

    def before(self, _connection, _cursor, statement, *_) -> None:
        if threading.current_thread().name == self.thread and "FOR UPDATE" in statement:
            self.number -= 1
            if self.number == 0:
                self.arrived.set()
                self.open.wait(5)


@pytest.fixture
def turnstile(app):
    made: list[Turnstile] = []

    def make(thread: str, number: int) -> Turnstile:
        made.append(Turnstile(thread, number))
        event.listen(db.engine, "before_cursor_execute", made[-1].before)
        return made[-1]

    yield make
    for each in made:
        event.remove(db.engine, "before_cursor_execute", each.before)


def in_thread(name: str, act: Callable[[], object], outcomes: dict[str, object]) -> threading.Thread:
    def run() -> None:
        try:
            outcomes[name] = act()
        except Exception as problem:
            outcomes[name] = problem

    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread


def test_a_buyer_who_comes_again_while_the_order_is_settled_meets_no_deadlock(
    app, shop, database_kind, turnstile, later
):
    if database_kind == "sqlite":
        pytest.skip("one writer at a time: there are no rows to lock")
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
    second_lock = turnstile("settler", 2)
    settler = in_thread("settler", settle, outcomes)
    assert second_lock.arrived.wait(5)
    buyer = in_thread("buyer", come_again, outcomes)
    wait_until_blocked()
    second_lock.open.set()
    settler.join()
    buyer.join()
    assert outcomes == {"settler": "settled", "buyer": 303}
    assert shop.books_balance


def wait_until_blocked() -> None:
    """Return when some transaction of this database waits for a lock that another holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(500):
        with fresh_rows():
            if db.session.scalar(db.text(waiting)):
                return
            db.session.rollback()
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits")


def test_an_order_is_in_the_name_of_who_came_last_and_reminds_as_they_wish(shop):
    first = shop.buy(name="Mallory", reminder="y")
    assert shop.buy(name="Ada Lovelace") == first
    assert (shop.order.name, shop.order.wants_reminder) == ("Ada Lovelace", False)


def test_a_reminder_asked_for_at_the_second_try_is_kept_with_its_wording(shop):
    shop.buy()
    shop.buy(reminder="y")
    assert shop.order.wants_reminder
    with fresh_rows():
        [line] = db.session.scalars(db.select(Consent))
    assert (line.action, line.wording) == ("requested", REMINDER_WORDING)
