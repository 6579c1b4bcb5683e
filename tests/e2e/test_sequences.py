"""The owner writes a sequence for checkouts that are left; a buyer leaves one, is reminded, and enrolls after all."""

import re
from urllib.request import Request, urlopen

from tests.e2e.conftest import link_in, text_of
from tests.e2e.test_course import GOOD, go_to_checkout, pay_by_card
from tests.processes import wait_until


def write_letter(page, subject, text, days="0"):
    page.get_by_role("link", name="Add a letter").click()
    page.get_by_role("textbox", name="Subject").fill(subject)
    page.get_by_label("Days").fill(days)
    page.get_by_role("textbox", name="Text", exact=True).fill(text)
    page.get_by_role("button", name="Save", exact=True).click()


def write_sequence(page):
    page.goto("/studio/sequences/new")
    page.get_by_label("Title").fill("Left at the till")
    page.get_by_label("It starts when").select_option("checkout abandoned")
    page.get_by_role("group", name="It stops when").get_by_label("Somebody enrolls in the course").check()
    page.get_by_role("button", name="Make it").click()
    write_letter(page, "Still deciding?", "Dear {first_name|Doctor}, see {manage_url}.")
    page.locator(".error", has_text="does not fill {manage_url}").wait_for()
    page.get_by_role("textbox", name="Text", exact=True).fill("Of {cohort_name}: [go on]({resume_url}).")
    page.get_by_role("button", name="Save", exact=True).click()
    write_letter(page, "The last word", "That was it.", days="1")
    page.get_by_role("heading", name="The last word").wait_for()
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_text("It is on.").wait_for()
    return page.url


def leave_the_checkout(page, email):
    """Go to Stripe's page and let the session expire there."""
    go_to_checkout(page, email, remind=True)
    stripe, _, rest = page.url.partition("/c/pay/")
    session = re.match(r"\w+", rest)[0]
    urlopen(Request(f"{stripe}/_sandbox/sessions/{session}/expire", b"{}", {"Content-Type": "application/json"}))


def test_who_leaves_a_checkout_is_reminded_until_they_enroll(owner_page, new_page, running_site):
    sequence = write_sequence(owner_page)
    buyer, email = new_page(), f"leaver-{id(owner_page)}@example.org"
    leave_the_checkout(buyer, email)
    reminder = running_site.mail_to(email, "Still deciding?")
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    on_their_way = owner_page.locator("dl div", has_text="On their way").locator("dd")
    owner_page.goto(sequence)
    assert on_their_way.inner_text() == "1"

    buyer.goto(link_in(reminder, "/c/recover/"))
    pay_by_card(buyer, GOOD)
    buyer.wait_for_url(re.compile("/course/checkout/complete"))
    assert "/sign-in/" in text_of(running_site.mail_to(email, "enrolled"))
    wait_until(lambda: owner_page.goto(sequence) and on_their_way.inner_text() == "0", what="the end of the reminders")
