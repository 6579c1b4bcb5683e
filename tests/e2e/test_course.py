"""A buyer pays on Stripe's page (the stand-in's) and gets in; a declined card and a slow bank are met on the way."""

import re

import pytest

from tests.e2e.conftest import link_in, text_of
from tests.processes import wait_until

GOOD, DECLINED, THREE_D_SECURE = "4242424242424242", "4000000000000002", "4000002500003155"


@pytest.fixture
def buyer(page):
    return f"buyer-{id(page)}@example.org"


def go_to_checkout(page, email, *, remind=False):
    page.goto("/course/")
    form = page.locator("#enroll")
    form.get_by_label("you may remind me").set_checked(remind)
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_role("textbox", name="E-mail").fill(email)
    form.get_by_role("button", name="Continue to payment").click()
    page.wait_for_url(re.compile("/c/pay/"))


def pay_by_card(page, number):
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name=re.compile("^Pay")).click()


def enter_the_classroom(page, mail):
    page.goto(link_in(mail, "/sign-in/"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/learn/"))
    assert "Leading" in page.locator("main").inner_text()


def sign_out(page):
    """Nothing that was typed stays in the browser."""
    page.evaluate("localStorage.setItem('unsaved', 'My words')")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert page.evaluate("localStorage.length") == 0


def test_a_good_card_enrolls_and_the_mailed_link_opens_the_classroom(page, running_site, buyer):
    go_to_checkout(page, buyer)
    pay_by_card(page, GOOD)
    page.wait_for_url(re.compile("/course/checkout/complete"))
    mail = running_site.mail_to(buyer)
    assert "$1,200.00" in text_of(mail)
    enter_the_classroom(page, mail)
    sign_out(page)
    assert len(running_site.mail.to(buyer)) == 1


def test_a_declined_card_can_be_followed_by_a_good_one(page, running_site, buyer):
    go_to_checkout(page, buyer)
    pay_by_card(page, DECLINED)
    page.get_by_text("declined").first.wait_for()
    assert running_site.mail.to(buyer) == []
    pay_by_card(page, GOOD)
    page.wait_for_url(re.compile("/course/checkout/complete"))
    running_site.mail_to(buyer)


def test_a_bank_debit_opens_the_classroom_once_the_bank_has_paid(page, running_site, buyer):
    go_to_checkout(page, buyer)
    page.get_by_label("bank").first.check()
    page.get_by_label("account number").fill("000123456789")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile("/course/checkout/complete"))
    assert "/sign-in/" not in text_of(running_site.mail_to(buyer))
    enter_the_classroom(page, running_site.mail_to(buyer, saying="/sign-in/"))


def test_a_bank_that_refuses_gives_the_seat_back(new_page, running_site):
    page = new_page()
    buyer = f"buyer-{id(page)}@example.org"
    go_to_checkout(page, buyer)
    page.get_by_label("bank").first.check()
    page.get_by_label("account number").fill("000111111113")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile("/course/checkout/complete"))
    first = running_site.mail_to(buyer)
    wait_until(lambda: len(running_site.mail.to(buyer)) == 2, what="word that the bank refused")
    refused = running_site.mail.to(buyer)[-1]
    assert refused["Message-ID"] != first["Message-ID"]
    assert "/sign-in/" not in text_of(refused)


def test_a_card_that_asks_for_proof_enrolls_once_it_is_given(page, running_site, buyer):
    go_to_checkout(page, buyer)
    pay_by_card(page, THREE_D_SECURE)
    page.get_by_role("button", name=re.compile("Complete")).click()
    page.wait_for_url(re.compile("/course/checkout/complete"))
    running_site.mail_to(buyer, saying="/sign-in/")


def test_strangers_and_people_who_did_not_pay_stay_out(new_page, running_site):
    page = new_page()
    page.goto("/learn/")
    page.wait_for_url(re.compile("/sign-in"))
    page.get_by_role("textbox", name="E-mail").fill("nobody@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    assert "/sign-in/" not in text_of(running_site.mail_to("nobody@example.org"))


def test_the_owner_signs_in_by_the_printed_link_and_sees_how_things_stand(owner_page):
    owner_page.set_viewport_size({"width": 390, "height": 844})
    for place in ("people", "subscriptions", "consultations", "enrollments", "outbox"):
        owner_page.goto(f"/studio/{place}")
        owner_page.wait_for_url(re.compile(f"/studio/{place}$"))
        assert owner_page.locator("h1").count() == 1
        here = owner_page.get_by_role("navigation", name="Studio").locator("[aria-current]").bounding_box()
        assert here["x"] >= 0 and here["x"] + here["width"] <= 390
