"""What a seat costs: the course's price, the cohort's own, or the early one, decided when the order is placed."""

import re
from datetime import timedelta

import pytest

from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.extensions import db
from app.payments.tasks import sweep_payments
from tests.enrollment.test_course_page import structured_data
from tests.races import at_once, fresh_rows

SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def change(shop):
    """Sets columns of the cohort."""

    def do(**columns):
        with fresh_rows():
            cohort = db.session.get_one(Cohort, shop.cohort_id)
            for name, value in columns.items():
                setattr(cohort, name, value)
            db.session.commit()

    return do


@pytest.fixture
def today(cohort):
    return cohort._today


def early_taken(shop) -> int:
    with fresh_rows():
        return db.session.get_one(Cohort, shop.cohort_id).early_taken


def page_of(client) -> str:
    with fresh_rows():
        return " ".join(client.get("/course/").text.split())


def asked_at_stripe(stripe, session: str) -> tuple[int, int]:
    [item] = stripe.sandbox.store.get("checkout.session", session)["_line_items"]
    return item["quantity"], item["price"]["unit_amount"]


def test_a_cohorts_own_price_is_asked_for(shop, stripe, change):
    change(price_cents=90000)
    assert asked_at_stripe(stripe, shop.buy()) == (1, 90000)
    assert shop.order.amount_cents == 90000


def test_the_early_price_holds_until_its_day_is_over(shop, stripe, change, later, today):
    change(early_price_cents=100000, early_until=today + timedelta(days=1))
    assert asked_at_stripe(stripe, shop.buy()) == (1, 100000)
    later(days=2)
    assert asked_at_stripe(stripe, shop.buy(email="late@example.org")) == (1, 120000)


def test_the_first_so_many_seats_go_at_the_early_price_whoever_races(app, shop, stripe, change):
    change(early_price_cents=100000, early_seats=2, seats=8)
    db.session.rollback()

    def start(index: int) -> int:
        data = {"cohort": shop.cohort_id, "email": f"buyer{index}@example.org", "name": "B", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    assert at_once(6, start) == [303] * 6
    assert sorted(order.amount_cents for order in shop.orders) == [100000] * 2 + [120000] * 4
    assert early_taken(shop) == 2


def test_an_early_seat_that_is_given_back_is_had_by_the_next(shop, stripe, change, later):
    change(early_price_cents=100000, early_seats=1)
    stripe.expire(shop.buy())
    shop.hear()
    assert early_taken(shop) == 0
    assert asked_at_stripe(stripe, shop.buy(email="next@example.org")) == (1, 100000)
    assert early_taken(shop) == 1


def test_an_order_that_lapsed_before_its_page_was_there_is_priced_anew(shop, stripe, change, later, today):
    change(early_price_cents=100000, early_until=today)
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert shop.start().status_code == 503
    assert (early_taken(shop), shop.order.amount_cents) == (0, 100000)
    change(early_until=today - timedelta(days=1))
    assert asked_at_stripe(stripe, shop.buy()) == (1, 120000)
    assert (early_taken(shop), shop.order.amount_cents, shop.order.is_early) == (0, 120000, False)


def test_a_price_that_changes_while_stripe_was_away_is_no_other_use_of_the_key(shop, stripe, change):
    stripe.fail_calls("drop", path=SESSIONS, method="POST", times=10, after=True)
    assert shop.start().status_code == 503
    stripe.sandbox.faults.clear()
    change(price_cents=50000)
    assert asked_at_stripe(stripe, shop.buy()) == (1, 50000)


def test_who_pays_late_pays_and_counts_at_the_price_of_the_order(shop, stripe, change, later):
    change(early_price_cents=100000, early_seats=1)
    session = shop.buy()
    later(minutes=33)
    stripe.pay(session)
    later(minutes=1)
    shop.buy(email="other@example.org")
    with fresh_rows():
        type(shop.orders[0]).for_update(shop.orders[0].id).expire()
        db.session.commit()
    sweep_payments.call_local()
    shop.hear()
    assert [(order.state, order.amount_cents) for order in shop.orders] == [("paid", 100000), ("pending", 120000)]
    assert early_taken(shop) == 1


def test_what_the_browser_says_of_the_price_is_not_believed(shop, stripe, change):
    change(early_price_cents=100000, early_seats=0)
    session = shop.buy(
        price="1", amount_cents="1", unit_amount="1", early="y", is_early="1", code="FREE", currency="jpy"
    )
    assert asked_at_stripe(stripe, session) == (1, 120000)


def test_seats_for_a_department_are_asked_for_in_one_payment(shop, stripe, change):
    change(seats=30, early_price_cents=100000, early_seats=4)
    session = shop.buy(seats="5", organization="Ward  Nine")
    assert asked_at_stripe(stripe, session) == (5, 120000)  # All go early, or none.
    order = shop.order
    assert (order.seats, order.seats_held, order.amount_cents, order.organization) == (5, 5, 600000, "Ward Nine")
    assert (shop.seats_taken, early_taken(shop)) == (5, 0)
    assert asked_at_stripe(stripe, shop.buy(email="small@example.org", seats="3")) == (3, 100000)
    assert early_taken(shop) == 3
    stripe.pay(session)
    shop.hear()
    assert (shop.orders[0].state, shop.orders[0].paid_cents) == ("paid", 600000)


def test_what_is_folded_away_is_checked_here_and_shown_when_it_is_wrong(shop, client):
    assert '<details class="fold" id="department">' in page_of(client)
    assert not re.search(r'<input[^>]*id="seats"[^>]*(required|min=|max=)', page_of(client))
    assert '<details class="fold" id="department" open>' in shop.start(seats="60").text


def test_more_seats_than_are_left_are_refused_with_what_is_left(shop):
    answer = shop.start(seats="4")
    assert answer.status_code == 409
    assert "Spring has only 3 seats left" in answer.text
    assert (shop.seats_taken, shop.orders) == (0, [])


def test_one_network_is_not_given_seats_for_a_department_all_day(shop, change, client, limits):
    change(seats=None)
    for number in (1, 1, 2):  # The same page again costs nothing.
        assert shop.start(client, email=f"chief{number}@example.org", seats="40").status_code == 303
    refused = shop.start(client, email="chief3@example.org", seats="2")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 80000) == (429, True)
    assert "Please try again in 24 hours" in refused.text
    assert shop.start(client, email="ada@example.org").status_code == 303
    assert shop.seats_taken == 81


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"price_cents": 90000}, "$900"),
        ({"early_price_cents": 100000, "early_seats": 2}, "$1,000 for the next 2 seats, then $1,200"),
        ({"early_price_cents": 100000, "early_seats": 1}, "$1,000 for the next seat, then $1,200"),
        ({"price_cents": 0}, "Free"),
        ({"starts_on": None, "ends_on": None}, "At your own pace"),
    ],
)
def test_the_page_says_what_each_cohort_costs(shop, client, change, columns, says):
    change(**columns)
    page = page_of(client)
    assert says in page
    offers = next(thing for thing in structured_data(page) if thing["@type"] == "Course")["offers"]
    price = columns.get("early_price_cents", columns.get("price_cents", 120000))
    assert f"{price / 100:.2f}" in [offer["price"] for offer in offers]


def test_the_page_says_until_when_a_price_is_early(shop, client, change, today):
    until = today + timedelta(days=3)
    change(early_price_cents=100000, early_until=until, early_seats=2)
    page = page_of(client)
    day = f"{until:%B} {until.day}, {until.year}"
    assert f"$1,000 until {day}, and for the next 2 seats at most, then $1,200" in page
    [offer] = [offer for offer in structured_data(page)[1]["offers"] if offer["name"] == "Spring"]
    assert (offer["price"], offer["priceValidUntil"]) == ("1000.00", until.isoformat())


def test_a_cohort_whose_sales_open_later_is_announced_and_cannot_be_bought(shop, client, change, today):
    opens = today + timedelta(days=3)
    change(sales_from=opens)
    page = page_of(client)
    assert f"Opens for sale on {opens:%B} {opens.day}, {opens.year}" in page
    assert re.search(rf'value="{shop.cohort_id}" required disabled', page)
    assert shop.start().status_code == 422
    change(sales_from=None, sales_until=today - timedelta(days=1))
    assert shop.start().status_code == 422
    assert "Spring" not in page_of(client)


def test_the_page_names_no_day_of_sales_after_the_cohort_began(client, change, today):
    begins = today + timedelta(days=5)
    change(starts_on=begins, ends_on=begins, sales_until=begins + timedelta(days=2))
    last = begins - timedelta(days=1)
    page = page_of(client)
    assert f"On sale until {last:%B} {last.day}, {last.year}" in page
    [offer] = [offer for offer in structured_data(page)[1]["offers"] if offer["name"] == "Spring"]
    assert offer["availabilityEnds"] == last.isoformat()


def test_a_cohort_without_dates_and_limit_is_sold_like_any_other(shop, stripe, change, mail):
    change(starts_on=None, ends_on=None, seats=None)
    session = shop.buy()
    stripe.pay(session)
    shop.hear()
    assert len(shop.enrollments) == 1
    assert "You are enrolled" in shop.come_back(session).text
    [letter] = mail.to("ada@example.org", "enrollment/enrolled")
    assert "At your own pace" in letter.body
    for words in (letter.body, letter.html):
        assert "A full refund until 14 days before." in words


@pytest.mark.parametrize(("seats", "template"), [("1", "enrolled"), ("3", "department_ready")])
def test_who_bought_without_dates_reads_that_it_cannot_be_moved(shop, stripe, change, mail, seats, template):
    change(starts_on=None, ends_on=None)
    with fresh_rows():
        db.session.scalars(db.select(Course)).one().refund_policy = ""
        db.session.commit()
    stripe.pay(shop.buy(seats=seats))
    shop.hear()
    [letter] = mail.to("ada@example.org", f"enrollment/{template}")
    for words in (letter.body, letter.html):
        assert "A place in Spring cannot be moved to another cohort later." in words
        assert "If plans change" not in words
