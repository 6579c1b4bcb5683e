"""A physician asks for a consultation from wherever they are; the owner hears of it; the private link manages it."""

from tests.e2e.conftest import link_in


def ask(page, email):
    page.goto("/coaching/")
    page.get_by_role("link", name="Ask for").first.click()
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Where you are in your career").select_option(index=2)
    page.get_by_label("Leading a team").check()
    page.get_by_label("I have no preference").check()
    page.get_by_role("button", name="Send my request").click()
    page.get_by_role("heading", name="Look in your mailbox").wait_for()


def test_a_physician_asks_and_cancels_by_the_private_link(page, running_site):
    email = f"physician-{id(page)}@example.org"
    ask(page, email)
    owners = running_site.mail_to("owner@doctor.example.org", "request from Grace Hopper", saying=email)
    assert email in str(owners["Reply-To"])

    page.goto(link_in(running_site.mail_to(email), "/coaching/consultations/"))
    page.get_by_role("heading", name="We are finding a time").wait_for()
    page.get_by_text("Cancel it").click()
    page.get_by_role("button", name="Cancel this consultation").click()
    page.get_by_role("heading", name="Your request is cancelled").wait_for()
    running_site.mail_to(email, "cancelled")


def test_what_looks_like_a_patients_record_is_kept_out_and_the_rest_kept(page, running_site):
    page.goto("/coaching/request")
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_role("textbox", name="E-mail").fill("grace@example.org")
    page.get_by_label("Where you are in your career").select_option(index=2)
    page.get_by_label("Leading a team").check()
    page.get_by_label("I have no preference").check()
    page.locator("textarea").first.fill("The case of MRN 12345678 keeps me awake.")
    page.get_by_role("button", name="Send my request").click()
    page.locator(".error").first.wait_for()
    assert "MRN 12345678" in page.locator("textarea").first.input_value()
    assert page.get_by_label("Your name").input_value() == "Grace Hopper"
    assert running_site.mail.to("grace@example.org") == []
