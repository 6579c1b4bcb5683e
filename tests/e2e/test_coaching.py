"""A physician asks for a consultation from wherever they are; the owner hears of it; the private link manages it."""

from tests.e2e.conftest import link_in


def introduce(page, email):
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Where you are in your career").select_option(index=2)
    page.get_by_label("Leading a team").check()


def fill_in(page, email):
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Where you are in your career").select_option(index=2)
    page.get_by_label("Leading a team").check()


def ask(page, email):
    page.goto("/coaching/")
    page.get_by_role("link", name="Offer times instead").click()
    fill_in(page, email)
    page.get_by_label("I have no preference").check()
    page.get_by_role("button", name="Send my request").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()


def test_a_physician_books_a_free_time_and_what_was_typed_outlives_another_week(page, running_site):
    email = f"booker-{id(page)}@example.org"
    page.goto("/coaching/book?time_zone=America/Chicago")
    fill_in(page, email)
    page.get_by_role("button", name="Next week").click()
    page.get_by_role("button", name="Previous week").wait_for()
    assert page.get_by_label("Your name").input_value() == "Grace Hopper"
    assert page.get_by_label("Leading a team").is_checked()
    chosen = page.locator(".week input[name=slot]").first
    chosen.check()
    words = " ".join(chosen.locator("xpath=..").text_content().split())
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url("**/coaching/consultations/**")
    page.get_by_text(words).first.wait_for()
    running_site.mail_to(email, saying=words)


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


def test_a_physician_books_moves_and_cancels(page, running_site):
    email = f"booker-{id(page)}@example.org"
    page.goto("/coaching/")
    page.get_by_role("link", name="Book a consultation").first.click()
    introduce(page, email)
    page.locator("input[name=slot]").first.check()
    page.get_by_role("button", name="Book this time").last.click()
    page.get_by_role("heading", name="Your consultation is booked").wait_for()
    link = link_in(running_site.mail_to(email, "Your consultation"), "/coaching/consultations/")

    page.goto(link)
    before = page.locator(".lede").inner_text()
    page.get_by_role("link", name="Move it").first.click()
    page.get_by_role("heading", name="Move your consultation").wait_for()
    page.locator("input[name=slot]").nth(1).check()
    page.get_by_role("button", name="Move it to this time").last.click()
    page.get_by_role("heading", name="Your consultation is booked").wait_for()
    assert page.locator(".lede").inner_text() != before
    moved = running_site.mail_to(email, "Moved to")
    assert moved.get_body(("plain",)) is not None
    assert "text/calendar" in {part.get_content_type() for part in moved.walk()}

    page.goto(f"{link}/reschedule")
    page.locator("button[name=to]").last.click()
    page.get_by_role("heading", name="Move your consultation").wait_for()
    assert page.locator("input[name=slot]").count() > 0

    page.goto(link)
    page.get_by_text("Cancel it", exact=True).click()
    page.get_by_role("button", name="Cancel this consultation").click()
    page.get_by_role("heading", name="Your consultation is cancelled").wait_for()
    running_site.mail_to(email, "cancelled")


def test_what_looks_like_a_patients_record_is_kept_out_and_the_rest_kept(page, running_site):
    page.goto("/coaching/request")
    introduce(page, "grace@example.org")
    page.get_by_label("I have no preference").check()
    page.locator("textarea").first.fill("The case of MRN 12345678 keeps me awake.")
    page.get_by_role("button", name="Send my request").last.click()
    page.locator(".error").first.wait_for()
    assert "MRN 12345678" in page.locator("textarea").first.input_value()
    assert page.get_by_label("Your name").input_value() == "Grace Hopper"
    assert running_site.mail.to("grace@example.org") == []
