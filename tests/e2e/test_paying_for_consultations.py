"""A physician pays for a consultation on Stripe's page (the stand-in's): by keys alone, without script, on a phone."""

import re

import pytest

from tests.e2e.conftest import PHONE, link_in, text_of

GOOD = "4242424242424242"


@pytest.fixture(scope="module")
def kind(running_site, tmp_path_factory) -> str:
    """A kind with a price, as the owner would take one in from a file."""
    folder = tmp_path_factory.mktemp("content")
    running_site.run("content", "export", str(folder))
    kinds = folder / "coaching" / "kinds"
    words = (kinds / "introduction.md").read_text()
    words = re.sub(r"(?m)^slug: .*$", "slug: deep-dive", words)
    words = re.sub(r"(?m)^title: .*$", 'title: "Deep dive"', words)
    words = re.sub(r"(?m)^price_cents: .*$", "price_cents: 15000", words)
    (kinds / "deep-dive.md").write_text(words)
    running_site.run("content", "import", str(folder))
    return "deep-dive"


def tab_to(page, locator) -> None:
    for _ in range(200):
        if locator.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {locator}")


def fill_in_by_keys(page, email) -> None:
    tab_to(page, page.locator(".week input[name=slot]").first)
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Your name"))
    page.keyboard.type("Grace Hopper")
    tab_to(page, page.get_by_role("textbox", name="E-mail"))
    page.keyboard.type(email)
    tab_to(page, page.get_by_label("Where you are in your career"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Leading a team"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")


def pay(page) -> None:
    page.wait_for_url(re.compile("/c/pay/"))
    page.get_by_text(re.compile("Held for you until")).first.wait_for()
    card = page.get_by_label("Card number")
    tab_to(page, card)
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/coaching/checkout/complete"))


def is_booked(page, site, email) -> None:
    page.get_by_role("heading", name="You are booked").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    letter = site.mail_to(email, saying="$150.00")
    assert "If you cancel any time before it starts" in " ".join(text_of(letter).split())
    page.goto(link_in(letter, "/coaching/consultations/"))
    page.get_by_role("heading", name="Your consultation is booked").wait_for()


def test_paying_by_keys_alone_on_a_phone(new_page, running_site, kind):
    page, email = new_page(**PHONE), "by-keys@example.org"
    page.goto(f"/coaching/book?kind={kind}&time_zone=America/Chicago")
    fill_in_by_keys(page, email)
    pay(page)
    is_booked(page, running_site, email)


def test_paying_without_script_after_turning_back_once(new_page, running_site, kind):
    page, email = new_page(java_script_enabled=False), "without-script@example.org"
    page.goto(f"/coaching/book?kind={kind}&time_zone=America/Chicago")
    page.locator(".week input[name=slot]").nth(3).check()
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Where you are in your career").select_option(index=2)
    page.get_by_label("Leading a team").check()
    page.get_by_role("button", name="Go on to payment").last.click()
    page.wait_for_url(re.compile("/c/pay/"))
    page.get_by_role("link", name=re.compile("Cancel and go back")).first.click()
    page.get_by_text("is still held for you until").wait_for()
    page.get_by_role("link", name="Go on to payment").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile("/coaching/checkout/complete"))
    page.get_by_role("heading", name="You are booked").wait_for()
    running_site.mail_to(email, saying="$150.00")
