"""A lesson on a phone, with script and without: read, filled in, checked, done; and words on a bad network."""

import re

import pytest

from tests.e2e.conftest import PHONE
from tests.processes import wait_until

LESSON = "/learn/finding-and-being-a-mentor/set-the-terms-and-take-candid-feedback"
SAVED = re.compile(r"^Saved \d")
TERMS, NOTES = "Your five terms", "Your notes on this lesson"
HEARD, CHANGE = "What you heard, in their words", "The one thing you will do differently"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_lesson_is_read_filled_in_checked_and_done(new_page, owner_session, script):
    page = new_page(storage_state=owner_session, java_script_enabled=script, **PHONE)
    words = f"Every six weeks, {script}"
    page.goto("/learn/")
    page.get_by_role("link", name="Set the Terms and Take Candid Feedback").last.click()
    page.get_by_role("heading", name="Five terms").wait_for()
    page.get_by_label(TERMS).fill(words)
    for question in page.locator("fieldset").all():
        question.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name=re.compile("^Check (my answers|again)")).click()
    page.wait_for_url(re.compile("#quiz"))
    assert page.get_by_text(re.compile(r"\d of 2 right")).is_visible()
    assert page.get_by_label(TERMS).input_value() == words  # The quiz's button saved them too.
    question = page.get_by_label("Your question")
    question.fill(f"How often, {script}?")
    page.get_by_role("button", name="Ask the coach").click()
    page.wait_for_url(re.compile("#question"))
    assert (question.input_value(), page.locator("[data-spare]").is_hidden()) == ("", True)
    assert page.get_by_text("is on its way to the coach").is_visible()
    page.get_by_label(NOTES).fill(f"Ask Ida, {script}")
    page.get_by_role("button", name="Mark as done").click()
    page.get_by_role("link", name="Next: Be a Mentor Within Your Limits").wait_for()
    assert page.get_by_label(NOTES).input_value() == f"Ask Ida, {script}"
    if script:
        _what_is_focused_is_in_full_view(page)
    page.get_by_role("button", name="Mark as not done").click()
    page.get_by_role("button", name="Mark as done").wait_for()
    if script:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _what_is_focused_is_in_full_view(page):
    """On the way back through the page by keyboard, under the line that says when it was saved."""
    page.get_by_label(NOTES).fill("Ask Ida, and Ben")
    page.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    assert page.evaluate("localStorage.length") == 0  # What was saved is not kept in the browser, too.
    page.locator("[name=quiz-0]:checked").evaluate("(radio) => radio.focus({ preventScroll: true })")
    half_out = "(button) => scrollBy({ top: button.getBoundingClientRect().top + 9, behavior: 'instant' })"
    page.locator("[name=save][value=reflection]").evaluate(half_out)
    page.keyboard.press("Shift+Tab")
    top = "document.activeElement.getBoundingClientRect().top"
    bar = "document.querySelector('[data-saved]').getBoundingClientRect().bottom"
    page.wait_for_function(f"() => document.activeElement.value === 'reflection' && {top} >= {bar}")


def test_words_outlive_a_bad_network_and_a_second_device(new_page, owner_session):
    phone, desk = (new_page(storage_state=owner_session, **options) for options in (PHONE, {}))
    for page in (phone, desk):
        page.goto(LESSON)
    said = phone.locator("[data-saved]")
    phone.context.set_offline(True)
    phone.get_by_label(NOTES).fill("Typed in the elevator")
    phone.get_by_text("Not saved yet: the site cannot be reached. What you typed stays here.").wait_for()
    phone.context.set_offline(False)
    said.filter(has_text=SAVED).wait_for()

    desk.get_by_label(TERMS).fill("Every two weeks")  # It takes nothing back that the phone saved meanwhile.
    desk.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    desk.get_by_label(NOTES).fill("Typed at the desk")
    desk.get_by_text("Not saved yet: Some of this was changed on another device").wait_for()
    with desk.expect_response("**/writing"):  # What nobody contests goes on saving itself.
        desk.get_by_label(TERMS).fill("Every four weeks")
    assert "Every four weeks" in desk.request.get(LESSON).text()
    desk.get_by_role("button", name="Save").last.click()
    desk.get_by_text("Saved from another device or window").wait_for()
    assert desk.locator(".elsewhere pre").inner_text() == "Typed in the elevator"
    assert desk.get_by_label(NOTES).input_value() == "Typed at the desk"
    desk.get_by_label(TERMS).fill("Every week")  # Whatever is saved by itself, this waits for a button.
    desk.get_by_text("Where both texts are shown, press Save to put yours in place of the other.").wait_for()
    desk.once("dialog", lambda dialog: dialog.accept())
    desk.go_back()
    desk.get_by_role("button", name="Bring it back").wait_for()
    assert [desk.get_by_label(field).input_value() for field in (TERMS, NOTES)] == [
        "Every week",
        "Typed in the elevator",
    ]
    desk.get_by_role("button", name="Bring it back").click()
    assert desk.get_by_label(NOTES).input_value() == "Typed in the elevator\n\nTyped at the desk"
    desk.get_by_role("button", name="Save").last.click()
    desk.wait_for_url(re.compile("#notes"))

    # What was saved without the page's knowing is not said to be another device's.
    desk.route("**/writing", lambda route: (route.fetch(), route.abort()))
    desk.get_by_label(TERMS).fill("Every month")
    desk.get_by_text("the site cannot be reached").wait_for()
    desk.unroute("**/writing")
    on_their_way = []
    desk.route("**/writing", lambda route: on_their_way.append(route.fetch()))
    desk.get_by_label(TERMS).fill("Every other month")
    wait_until(lambda: desk.wait_for_timeout(50) or on_their_way, 10, "what was typed since")
    desk.get_by_label(TERMS).fill("Every third month")
    desk.get_by_role("button", name="Mark as done").click()
    desk.get_by_role("button", name="Mark as not done").click()
    desk.get_by_role("button", name="Mark as done").wait_for()
    assert desk.get_by_label(TERMS).input_value() == "Every third month"
    desk.unroute("**/writing")

    # Closed before they could be saved, the words are offered again, and not lost over what is saved meanwhile.
    phone.reload()
    tab = phone.context.new_page()
    tab.goto(LESSON)
    phone.context.set_offline(True)
    for page, field, words in ((phone, NOTES, "Typed and closed"), (tab, HEARD, "Heard"), (tab, CHANGE, "Meanwhile")):
        page.get_by_label(field).fill(words)
        page.get_by_text("Not saved yet").wait_for()
    tab.get_by_label(CHANGE).fill("")
    for page in (phone, tab):
        page.close(run_before_unload=False)
    phone.context.set_offline(False)
    desk.get_by_label(TERMS).fill("Every three weeks")  # Of this the phone shows what was saved before.
    desk.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    later = phone.context.new_page()
    later.goto(LESSON)
    back = later.get_by_role("button", name="Bring it back")
    back.wait_for()
    assert "Meanwhile" not in later.evaluate("Object.values(localStorage).join()")
    later.get_by_label(NOTES).fill("Typed later")
    later.get_by_role("button", name="Save").last.click()
    later.wait_for_url(re.compile("#notes"))
    later.reload()
    back.click()
    assert later.get_by_label(NOTES).input_value() == "Typed later\n\nTyped and closed"
    assert later.get_by_label(HEARD).input_value() == "Heard"
    assert later.get_by_label(TERMS).input_value() == "Every three weeks"
    later.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    later.reload()
    later.get_by_role("button", name="Save").last.wait_for()
    assert back.is_hidden()
