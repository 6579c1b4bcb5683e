"""Discounts that the site itself gives on a checkout, and how its lines share them."""

import pytest
import stripe

from app.stripe_sandbox.pricing import shared


def line(cents: int, quantity: int = 1, name: str = "Course"):
    return {
        "quantity": quantity,
        "price_data": {"currency": "usd", "unit_amount": cents, "product_data": {"name": name}},
    }


def test_a_discount_is_shared_by_the_lines_it_is_for(client, checkout, server):
    course = client.v1.products.create({"name": "Course", "id": "course"})
    client.v1.coupons.create({"id": "BOTH", "amount_off": 1_000, "currency": "usd"})
    client.v1.coupons.create({"id": "ONE", "percent_off": 50, "applies_to": {"products": [course.id]}})
    lines = [line(1_000), {"quantity": 2, "price_data": {"currency": "usd", "unit_amount": 500, "product": "course"}}]
    for coupon, expected in (("BOTH", [500, 500]), ("ONE", [0, 500])):
        session = checkout(line_items=lines, discounts=[{"coupon": coupon}])
        assert session.discounts[0].coupon == coupon
        items = client.v1.checkout.sessions.line_items.list(session.id).data
        assert [item.amount_discount for item in items] == expected
    assert client.v1.coupons.retrieve("ONE", {"expand": ["applies_to"]}).applies_to.products == ["course"]


def test_shares_add_up_to_the_cent():
    assert shared(100, [1, 1, 1]) == [34, 33, 33]
    assert shared(5, [0, 0]) == [0, 0]
    assert shared(0, [3, 4]) == [0, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"discounts": [{"coupon": "none"}]},
        {"discounts": [{"coupon": "a", "promotion_code": "b"}]},
        {"discounts": [{"coupon": "a"}, {"coupon": "b"}]},
        {"discounts": [{"promotion_code": "promo_none"}]},
        {"discounts": [{"coupon": "a"}], "allow_promotion_codes": True},
    ],
)
def test_a_discount_that_cannot_be_given_is_refused(checkout, changes):
    with pytest.raises(stripe.InvalidRequestError):
        checkout(**changes)
