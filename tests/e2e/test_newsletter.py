"""A reader subscribes in the hub, proves the address, is welcomed, and leaves."""

from urllib.parse import urlsplit

from tests.e2e.conftest import link_in, text_of


def address(page) -> str:
    return f"reader-{id(page)}@example.org"


def sign_up(page, email, first_name=""):
    page.goto("/hubs/leadership-mentorship")
    form = page.locator("#subscribe")
    form.get_by_role("textbox", name="E-mail").fill(email)
    form.get_by_label("First name").fill(first_name)
    form.get_by_role("button", name="Subscribe").click()
    page.get_by_text("Check your inbox").first.wait_for()


def test_a_reader_subscribes_is_welcomed_and_leaves(page, running_site):
    email = address(page)
    sign_up(page, email, "Ada")
    confirmation = running_site.mail_to(email)
    page.goto(link_in(confirmation, "/newsletter/confirm/"))
    assert len(running_site.mail.to(email)) == 1  # The link alone does nothing.
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="You are on the list").wait_for()

    welcome = running_site.mail_to(email, "Welcome")
    assert "Hello Ada" in text_of(welcome)
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page.goto(link_in(welcome, "/newsletter/unsubscribe/"))
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You have left").wait_for()


def test_a_mistyped_address_is_explained_and_kept(page):
    page.goto("/newsletter/")
    page.get_by_role("textbox", name="E-mail").fill("ada@example")
    page.get_by_label("First name").fill("Ada")
    page.get_by_role("button", name="Subscribe").click()
    page.locator(".error").first.wait_for()
    assert page.get_by_role("textbox", name="E-mail").input_value() == "ada@example"
    assert page.get_by_label("First name").input_value() == "Ada"


def test_one_click_from_the_mail_program_leaves(new_page, running_site):
    page = new_page()
    email = address(page)
    sign_up(page, email)
    page.goto(link_in(running_site.mail_to(email), "/newsletter/confirm/"))
    page.get_by_role("button", name="Confirm").click()
    welcome = running_site.mail_to(email, "Welcome")
    one_click = urlsplit(welcome["List-Unsubscribe"].split(">")[0].strip("< "))
    answer = page.request.post(
        one_click.path,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data="List-Unsubscribe=One-Click",
    )
    assert answer.status == 200
    page.goto(link_in(welcome, "/newsletter/preferences/"))
    page.get_by_role("heading", name="You get no newsletter").wait_for()


def test_the_page_of_preferences_says_one_thing_at_a_time(new_page, running_site):
    page = new_page()
    email = address(page)
    sign_up(page, email)
    page.goto(link_in(running_site.mail_to(email), "/newsletter/confirm/"))
    page.get_by_role("button", name="Confirm").click()
    page.goto(link_in(running_site.mail_to(email, "Welcome"), "/newsletter/preferences/"))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. Your choices hold").wait_for()
    page.get_by_role("button", name="Pause for 30 days").click()
    page.get_by_text("Paused.").wait_for()
    assert page.get_by_role("status").count() == 1
    page.locator("#address").get_by_role("textbox").first.fill(f"new-{email}")
    page.get_by_role("button", name="Move to this address").click()
    page.get_by_role("heading", name="Check your inbox", level=2).wait_for()
    assert (page.get_by_role("status").count(), page.get_by_role("heading", level=1).count()) == (0, 1)
