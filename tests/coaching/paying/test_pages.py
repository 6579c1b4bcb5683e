"""What the private page and the studio say of a payment, and giving it back from there."""

import pytest

from app.coaching.completing import complete
from app.coaching.models import Consultation
from app.extensions import db
from tests.coaching.paying.conftest import PRICE
from tests.coaching.private_link import private_link
from tests.payments.conftest import refund
from tests.races import fresh_rows
from tests.studio.conftest import owner, token_in

__all__ = ["owner"]  # A fixture of the studio.
ADA = "ada@example.org"


@pytest.fixture
def paid(desk, stripe, mail) -> str:
    stripe.pay(desk.go_to_pay())
    desk.hear()
    return private_link(mail.to(ADA)[0])


def studio_page(owner, desk):
    with fresh_rows():
        return owner.get(f"/studio/consultations/{desk.consultations[0].id}")


def test_the_private_page_shows_what_was_paid_and_what_goes_back(desk, paid):
    page = desk.get(paid).text
    assert "$150.00" in page
    assert "you get all of it back" in page
    desk.post(f"{paid}/cancellation")
    assert "You get back all of it" in desk.get(paid).text


def test_what_was_paid_too_late_says_that_it_goes_back(desk, stripe, later):
    session = desk.go_to_pay()
    stripe.sandbox.store.get("checkout.session", session)["expires_at"] += 86400
    later(minutes=40)
    stripe.pay(desk.go_to_pay(email="grace@example.org"))
    stripe.pay(session)
    desk.hear()
    with fresh_rows():
        link = db.session.scalars(db.select(Consultation).where(Consultation.is_unpaid)).one().link_token
    assert "Your payment goes back to you" in desk.get(f"/coaching/consultations/{link}").text


def test_the_coach_can_neither_confirm_nor_note_what_is_not_paid(desk, owner):
    desk.go_to_pay()
    page = studio_page(owner, desk)
    assert "Their payment page is open" in page.text
    assert "Confirm this one" not in page.text
    number, token = desk.consultations[0].id, token_in(page)
    for path, data in (("confirmation", {"starts_at": desk.slot()}), ("completion", {})):
        with fresh_rows():
            owner.post(f"/studio/consultations/{number}/{path}", data=data | {"csrf_token": token})
    assert (desk.states, desk.booked) == (["held"], [])


def test_the_owner_gives_money_back_once_and_only_after_it_began(desk, stripe, owner, mail, later, paid):
    page = studio_page(owner, desk)
    assert "$150 goes back to them" in page.text
    assert "Give back" not in page.text
    number, token = desk.consultations[0].id, token_in(page)

    def give_back() -> None:
        with fresh_rows():
            owner.post(f"/studio/consultations/{number}/refund", data={"csrf_token": token})
        desk.work()

    give_back()
    assert desk.owed == []
    later(days=4)
    with fresh_rows():
        complete(db.session.scalars(db.select(Consultation)).one())
        db.session.commit()
    assert "Give back $150" in studio_page(owner, desk).text
    give_back()
    give_back()
    desk.hear()
    assert (desk.owed, desk.given_back, desk.states) == (["goodwill"], PRICE, ["completed"])
    assert len(mail.to(ADA, "coaching/payment_returned")) == 1
    assert "Refunded" in studio_page(owner, desk).text


@pytest.fixture
def took_place(desk, later, paid) -> int:
    later(days=4)
    with fresh_rows():
        consultation = db.session.scalars(db.select(Consultation)).one()
        complete(consultation)
        db.session.commit()
        return consultation.id


def give_back(owner, desk, number: int, page) -> None:
    with fresh_rows():
        owner.post(f"/studio/consultations/{number}/refund", data={"csrf_token": token_in(page)})
    desk.work()
    desk.hear()


def test_what_is_left_after_a_part_went_back_is_called_the_rest(desk, stripe, owner, mail, took_place):
    refund(stripe, amount=5000)
    desk.hear()
    page = studio_page(owner, desk)
    assert "Give back $100" in page.text
    give_back(owner, desk, took_place, page)
    [letter] = mail.to(ADA, "coaching/payment_returned")
    assert (letter.subject, desk.given_back) == ("Your payment of $100.00 goes back to you", PRICE)
    for body in (letter.body, letter.html):
        assert ("the remaining $100.00" in body, "Returned before" in body, "$50.00" in body) == (True, True, True)
        assert "$150.00" not in body


def test_what_the_bank_has_taken_back_cannot_be_given_back(desk, stripe, owner, mail, took_place):
    page = studio_page(owner, desk)
    assert "Give back" in page.text
    [charge] = stripe.sandbox.store.all("charge")
    stripe.decide_dispute(stripe.dispute(charge["id"])["id"], "lost")
    desk.hear()
    assert "Give back" not in studio_page(owner, desk).text
    give_back(owner, desk, took_place, page)
    assert (desk.owed, mail.to(ADA, "coaching/payment_returned")) == ([], [])


def test_the_owner_hears_that_an_inquiry_was_closed(desk, stripe, mail, took_place):
    [charge] = stripe.sandbox.store.all("charge")
    stripe.decide_dispute(stripe.dispute(charge["id"], inquiry=True)["id"], "warning_closed")
    desk.hear()
    [letter] = mail.to("owner@doctor.example.org", "coaching/payment_disputed")
    assert letter.subject == "The inquiry about $150.00 is closed"
    assert "It has taken nothing back" in " ".join(letter.body.split())
