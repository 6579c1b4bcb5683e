"""Codes, taxes, tax ids and invoices: asked for at Stripe, and kept of what it tells afterwards."""

import pytest
import requests

from app.enrollment.models import Course
from app.extensions import db
from app.payments import books
from app.payments.wording import money
from app.people import records
from app.people.models import Person
from app.stripe_sandbox.cards import CLOSED_ACCOUNT
from tests.races import fresh_rows

BUSINESS = {"business_name": "General Hospital", "tax_id": {"type": "us_ein", "value": "12-3456789"}}


def asked_for(stripe) -> dict:
    calls = [call for call in stripe.requests() if call["path"] == "/v1/checkout/sessions" and call["status"] == 200]
    return calls[-1]["params"]


def taxed(how: str) -> None:
    with fresh_rows():
        Course.current().tax = how
        db.session.commit()


def test_a_code_that_was_typed_is_kept_with_what_it_took_off(shop, stripe, mail):
    stripe.make_code("SPRING", percent_off=25)
    stripe.pay(shop.buy(), code="SPRING")
    shop.hear()
    order = shop.order
    assert (order.state, order.promotion_code, len(shop.enrollments)) == ("paid", "SPRING", 1)
    assert (order.amount_cents, order.discount_cents, order.paid_cents) == (120000, 30000, 90000)
    [letter] = mail.to("ada@example.org", "enrollment/enrolled")
    assert "Price: $1,200.00\nDiscount with code SPRING: -$300.00\nTotal paid: $900.00\n" in letter.body


def test_a_code_for_everything_enrolls_without_a_payment(shop, stripe, mail):
    stripe.make_code("FREE", percent_off=100)
    session = shop.buy()
    stripe.pay(session, code="FREE")
    assert "You are enrolled" in shop.come_back(session).text
    shop.hear()
    order = shop.order
    assert (order.state, order.paid_cents, order.stripe_payment_intent_id) == ("paid", 0, None)
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)
    assert len(mail.to("ada@example.org", "enrollment/enrolled")) == 1
    assert shop.books_balance


def test_the_invoice_says_who_learns_and_our_row_who_pays(shop, stripe):
    session = shop.buy(organization="Ward Nine")
    stripe.pay(session, name="Grace Hopper", **BUSINESS)
    shop.hear()
    [invoice] = stripe.sandbox.store.all("invoice")
    fields = {field["name"]: field["value"] for field in invoice["custom_fields"]}
    assert (fields["For"], fields["Course"]) == ("Ada Lovelace", "Leading in Medicine")
    assert fields["Cohort"].startswith("Spring, ")
    assert fields["Department or organization"] == "Ward Nine"
    assert shop.order.number in invoice["footer"]
    assert "No CME credit" in invoice["footer"]
    order = shop.order
    ours = (order.stripe_invoice_id, order.invoice_number, order.invoice_url)
    assert ours == (invoice["id"], invoice["number"], invoice["hosted_invoice_url"])
    assert order.billing == {
        "name": "Grace Hopper",
        "email": "ada@example.org",
        "organization": "Ward Nine",
        "business": "General Hospital",
        "tax_ids": [BUSINESS["tax_id"]],
    }


def test_an_address_that_would_run_as_a_script_is_no_invoice(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    [invoice] = stripe.sandbox.store.all("invoice")
    invoice["hosted_invoice_url"] = "javascript:alert(1)"
    shop.hear()
    assert (len(shop.enrollments), shop.order.invoice_url) == (1, None)


@pytest.mark.parametrize(("how", "paid"), [("exclusive", 132000), ("inclusive", 120000)])
def test_tax_is_worked_out_where_the_course_says_so(shop, stripe, mail, how, paid):
    taxed(how)
    stripe.set_tax(percent=10)
    stripe.pay(shop.buy())
    shop.hear()
    asked = asked_for(stripe)
    [item] = asked["line_items"].values()
    assert (asked["automatic_tax"], asked["billing_address_collection"]) == ({"enabled": "true"}, "required")
    assert item["price_data"]["tax_behavior"] == how
    assert "product_data" not in item["price_data"]
    order = shop.order
    assert (order.state, order.paid_cents, len(shop.enrollments)) == ("paid", paid, 1)
    [letter] = mail.to("ada@example.org", "enrollment/enrolled")
    tax = "Tax" if how == "exclusive" else "Tax, in the price"
    sums = f"Price: $1,200.00\n{tax}: {money(order.tax_cents, 'usd')}\nTotal paid: {money(paid, 'usd')}\n"
    assert f"{sums}Invoice: {order.invoice_url}\n" in letter.body
    assert order.invoice_url in letter.html
    assert order.tax_cents == 12000 if how == "exclusive" else 0 < order.tax_cents < 12000
    assert order.billing["address"]["country"] == "US"


def test_without_tax_nothing_is_asked_about_it(shop, stripe):
    stripe.set_tax(is_set_up=False)  # An account without Stripe Tax refuses to be asked.
    shop.buy()
    assert {"automatic_tax", "billing_address_collection"}.isdisjoint(asked_for(stripe))


def test_an_account_without_stripe_tax_is_no_fault_of_the_buyer(shop, stripe):
    taxed("exclusive")
    stripe.set_tax(is_set_up=False)
    answer = shop.start()
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    assert shop.seats_taken == 0


def test_recovery_is_asked_for_by_who_agreed_to_be_reminded_only(shop, stripe):
    shop.buy()
    assert "after_expiration" not in asked_for(stripe)
    shop.buy(email="grace@example.org", reminder="y")
    assert asked_for(stripe)["after_expiration"] == {"recovery": {"enabled": "true", "allow_promotion_codes": "true"}}


def test_a_debit_has_its_invoice_once_it_has_settled(shop, stripe):
    session = shop.buy()
    stripe.pay_by_debit(session)
    shop.hear()
    assert shop.order.stripe_invoice_id is None
    stripe.settle(session)
    shop.hear()
    assert shop.order.invoice_url.startswith(stripe.base_url)


def test_a_page_for_nothing_asks_for_nothing_more(shop, stripe):
    with fresh_rows():
        Course.current().price_cents = 0
        db.session.commit()
    stripe.pay(shop.buy())
    shop.hear()
    assert {"invoice_creation", "allow_promotion_codes"}.isdisjoint(asked_for(stripe))
    assert len(shop.enrollments) == 1


def test_erasing_keeps_who_paid_but_for_their_address(shop, stripe):
    shop.buy(email="left@example.org", organization="Ward Nine")
    stripe.pay(shop.buy(), name="Grace Hopper", **BUSINESS)
    shop.hear()
    with fresh_rows():
        orders = [order for order in shop.orders]
        for order in orders:
            db.session.add(order)
        books.leave(orders, ["ada@example.org"])
        unpaid, paid = orders
        assert unpaid.billing == {}
        assert set(paid.billing) == {"name", "business", "tax_ids"}


def recover(url: str) -> str:
    """Follow Stripe's link; the new session's id."""
    return requests.get(url, allow_redirects=False, timeout=10).headers["Location"].rpartition("/")[2]


def test_who_comes_back_by_stripes_link_pays_and_has_a_seat_again(shop, stripe, later):
    stripe.make_code("SPRING", percent_off=50)
    session = shop.buy(reminder="y")
    later(minutes=40)
    shop.hear()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)
    link = stripe.sandbox.store.get("checkout.session", session)["after_expiration"]["recovery"]["url"]
    again = recover(link)
    stripe.pay(again, code="SPRING")
    assert "You are enrolled" in shop.come_back(again).text
    shop.hear()
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 1)
    assert shop.order.paid_cents == 60000
    assert shop.books_balance


def test_who_was_erased_meanwhile_has_the_payment_back(shop, stripe, later, mail):
    session = shop.buy(reminder="y")
    later(minutes=40)
    shop.hear()
    with fresh_rows():
        records.erase(Person.with_email("ada@example.org"))
        db.session.commit()
    link = stripe.sandbox.store.get("checkout.session", session)["after_expiration"]["recovery"]["url"]
    stripe.pay(recover(link))
    shop.hear(copies=2)
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)
    assert [refund["amount"] for refund in stripe.sandbox.store.all("refund")] == [120000]
    [letter] = mail.to("owner@doctor.example.org")
    assert "had their data erased" in " ".join(letter.body.split())


def test_who_comes_back_after_buying_anew_pays_once(shop, stripe, later):
    session = shop.buy(reminder="y")
    later(minutes=40)
    shop.hear()
    link = stripe.sandbox.store.get("checkout.session", session)["after_expiration"]["recovery"]["url"]
    stripe.pay(shop.buy())
    shop.hear()
    stripe.pay(recover(link))
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)
    assert [refund["amount"] for refund in stripe.sandbox.store.all("refund")] == [120000]
    with fresh_rows():
        assert Person.with_email("ada@example.org")


def test_what_is_written_of_a_debit_says_what_the_page_took_and_how_many_seats(shop, stripe, mail):
    taxed("exclusive")
    stripe.set_tax(percent=10)
    stripe.make_code("SPRING", percent_off=25)
    session = shop.buy(seats="3")
    stripe.type_code(session, "SPRING")
    stripe.pay_by_debit(session, CLOSED_ACCOUNT)
    assert "Your seats are held" in shop.come_back(session).text
    shop.hear()
    [letter] = mail.to("ada@example.org", "enrollment/awaiting_payment")
    assert "chose to pay $2,970.00 from" in letter.body
    rows = ("Price (3 seats): $3,600.00", "Discount with code SPRING: -$900.00", "Tax: $270.00", "Total: $2,970.00\n")
    assert "\n".join(rows) in letter.body
    assert "Your 3 seats in Spring are held" in letter.body
    assert "hand the seats out" in letter.body
    stripe.settle(session)
    shop.hear()
    [letter] = mail.to("ada@example.org", "enrollment/payment_failed")
    assert "payment of $2,970.00 for" in letter.body
    assert "None of the 3 seats is yours" in letter.body
