"""The owner writes an issue that saves itself, and sends it to everybody by a running worker."""

import re
import time

from tests.e2e.conftest import text_of


def saved(page, words):
    page.locator("[data-saved]", has_text=words).wait_for()


def _come_late(route):
    """The script arrives when the owner is writing already."""
    time.sleep(1)
    route.continue_()


def _write_too_much(page, text):
    """What is too long to send stays until it is thrown away, and says no more of itself than is true."""
    good = text.input_value()
    text.evaluate("(area) => { area.value = 'Words. '.repeat(43_000); }")
    # As if it were more than the site takes, which would make the browser slow.
    form = page.locator("#issue")
    largest = form.evaluate("(form) => form.dataset.largest")
    for most, said in ((250_000, "it is too long to send"), (largest, "Too long to send")):
        form.evaluate("(form, most) => { form.dataset.largest = most; }", most)
        text.press("b")
        saved(page, said)
    assert len(text.input_value()) == 301_002
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    offer = page.locator("[data-spare]")
    offer.wait_for()
    assert "was never saved." in offer.inner_text()
    text.fill(f"{good} More.")
    saved(page, re.compile(r"^Saved \d"))
    page.reload()
    page.get_by_role("button", name="Throw it away").click()
    assert offer.is_hidden()
    page.reload()
    page.locator("[data-standing]", has_text="Draft").wait_for()
    assert (text.input_value(), offer.is_hidden()) == (f"{good} More.", True)


def _write_in_two_windows(page, text):
    """The window that shows what was saved from the other one puts nothing in its place by itself."""
    other = page.context.new_page()
    other.goto(page.url)
    text.press("End")
    text.type(" From the one.")
    saved(page, re.compile(r"^Saved \d"))
    other.get_by_label("Preview text").fill("From the other")
    saved(other, "Press Save to see both.")
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("as it was saved").first.wait_for()
    sent = []
    other.on("request", lambda request: sent.append(request.method))
    other.get_by_label("Preview text").fill("From the other, too")
    saved(other, "Not saved yet")
    other.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }""")
    assert "POST" not in sent
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("Saved.", exact=True).wait_for()
    assert other.get_by_label("Preview text").input_value() == "From the other, too"
    other.close()
    page.reload()


def test_an_issue_is_written_saved_by_itself_and_sent(owner_page, running_site, tmp_path):
    # Moved here from elsewhere: whoever signs up gets a welcome, and after it no other letter for a day.
    readers = tmp_path / "readers.csv"
    readers.write_text("email,first_name,tags\nissue-reader@example.org,Ada,e2e\n")
    columns = [f"--column={name}={name}" for name in ("email", "first_name", "tags")]
    running_site.run("newsletter", "import", str(readers), "--basis=double-opt-in", "--yes", *columns)

    page = owner_page
    page.route("**/js/autosave*", _come_late)
    page.goto("/studio/issues/new")
    page.get_by_label("Title").fill("Ordinary joy")
    page.get_by_role("button", name="Start writing").click()
    text = page.get_by_role("textbox", name="Text", exact=True)
    text.fill("Dear {firstname},")
    saved(page, "There is no merge field {firstname}.")
    text.fill("Dear {first_name|Doctor},\n\nwords.")
    saved(page, re.compile(r"^Saved \d"))

    page.context.set_offline(True)
    text.fill("Dear {first_name|Doctor},\n\nwords that were written in a train.")
    saved(page, "cannot be reached")
    page.context.set_offline(False)
    saved(page, re.compile(r"^Saved \d"))
    page.reload()
    assert "in a train" in text.input_value()
    _write_too_much(page, text)
    _write_in_two_windows(page, text)

    page.get_by_role("link", name="Audience").click()
    included = page.get_by_role("region", name="Include")
    included.locator("summary", has_text="Tags").click()
    included.get_by_label("e2e").check()
    page.locator("[data-count-words]", has_text=re.compile("^1 subscriber$")).wait_for()
    page.get_by_role("button", name="Save the audience").click()
    page.get_by_role("link", name="Send it now instead").click()
    page.get_by_label("Type that number").fill("1")
    page.get_by_role("button", name="Send it now").click()
    page.locator(".state-line", has_text="Sent").wait_for()
    assert page.get_by_text("1 of 1, 100.0%").is_visible()
    issue = running_site.mail_to("issue-reader@example.org", saying="in a train")
    assert issue["Subject"] == "Ordinary joy"
    assert "Dear Ada," in text_of(issue)
