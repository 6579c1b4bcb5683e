"""Who turns back on Stripe's page may let the seat go at once; and a page that Stripe refuses is told of."""

from app.stripe_sandbox.store import Object
from tests.enrollment.test_seats import OWNER
from tests.payments.conftest import refund
from tests.races import fresh_rows


def address(shop) -> str:
    return f"/course/checkout/cancelled?order={shop.order.public_id}"


def let_go(app, number: str):
    with fresh_rows():
        return app.test_client().post("/course/checkout/cancelled", data={"order": number})


def page(app, shop) -> str:
    with fresh_rows():
        return app.test_client().get(address(shop)).text


def session_of(stripe, session: str) -> Object:
    return stripe.sandbox.store.get("checkout.session", session)


def test_a_seat_is_let_go_and_its_page_closed(app, shop, stripe):
    session = shop.buy()
    assert "Your seat in Spring is held for you until" in page(app, shop)
    assert shop.seats_taken == 1  # Looking at it lets nothing go.
    assert let_go(app, shop.order.public_id).status_code == 303
    assert (shop.seats_taken, shop.order.state) == (0, "expired")
    assert session_of(stripe, session)["status"] == "expired"
    assert "no seat is held for you any more" in page(app, shop)
    assert let_go(app, shop.order.public_id).status_code == 303


def test_what_was_paid_a_moment_ago_is_not_let_go(app, shop, stripe, caplog):
    stripe.pay(shop.buy())
    let_go(app, shop.order.public_id)
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)
    assert "It has been paid" in page(app, shop)
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


def test_what_a_bank_has_yet_to_confirm_is_not_called_over(app, shop, stripe):
    stripe.pay_by_debit(shop.buy())
    shop.hear()
    shown = page(app, shop)
    assert ("We are waiting for your bank" in shown, "no seat is held" in shown) == (True, False)


def test_what_was_paid_and_was_not_asked_for_is_never_called_none(app, shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    session_of(stripe, session)["currency"] = "eur"
    shop.hear()
    noted = page(app, shop)
    refund(stripe)
    shop.hear()
    returned = page(app, shop)
    assert ("We are looking into your payment" in noted, "Your payment goes back to you" in returned) == (True, True)
    assert "Nothing was charged" not in noted + returned


def test_while_stripe_does_not_answer_the_seat_stays_held(app, shop, stripe):
    shop.buy()
    stripe.fail_calls(503, times=9)
    answer = let_go(app, shop.order.public_id)
    assert answer.status_code == 503
    assert "could not be let go" in answer.text
    assert (shop.seats_taken, shop.order.state) == (1, "pending")


def test_a_number_of_no_order_lets_nothing_go(app, shop):
    shop.buy()
    for number in ("", "f" * 32, "' or 1=1", shop.order.number):
        assert let_go(app, number).status_code == 303
    assert shop.seats_taken == 1


def test_the_owner_hears_once_in_a_while_that_stripe_refuses_the_page(shop, stripe, mail, later):
    stripe.fail_calls(400, path="/v1/checkout/sessions", times=99)
    for _ in range(2):
        answer = shop.start()
        assert answer.status_code == 503
        assert "The fault is ours" in answer.text
    assert len(mail.to(OWNER, "enrollment/payment_page_refused")) == 1
    later(hours=7)
    shop.start()
    assert len(mail.to(OWNER, "enrollment/payment_page_refused")) == 2
