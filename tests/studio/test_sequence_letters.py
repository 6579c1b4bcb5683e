"""The letters of a sequence in the studio: written, edited, moved, removed, and how each will look."""

import re

import pytest

from app.people.models import Person
from tests.followups.conftest import begin, sequence_of
from tests.studio.test_sequences import LETTER, fresh


def test_a_letter_is_written_behind_the_last(post, welcome):
    answer = post(f"/sequences/{welcome.id}/steps", **LETTER | {"subject": "Drei Wünsche, für Sie!"})
    assert answer.status_code == 303
    added = fresh().letters[-1]
    assert (added.slug, added.position, added.delay_hours) == ("drei-wunsche-fur-sie", 4, 26)
    post(f"/sequences/{welcome.id}/steps", **LETTER | {"subject": "Drei Wünsche, für Sie!"})
    assert fresh().letters[-1].slug == "drei-wunsche-fur-sie-2"


def test_a_letter_is_edited_for_who_enters_from_then_on(owner, post, welcome, work, mail, clock):
    begin(Person.at("ada@example.org"))
    path = f"/sequences/{welcome.id}/steps/one"
    page = owner.get(f"/studio{path}").text
    assert 'value="Letter one"' in page
    answer = post(path, **LETTER | {"version": "1", "days": "0", "hours": "0"})
    assert (answer.status_code, answer.location) == (303, f"/studio{path}")
    begin(Person.at("grace@example.org"))
    work()
    assert {email.to_address: email.subject for email in mail.all} == {
        "ada@example.org": "Letter one",
        "grace@example.org": "Hello",
    }


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"subject": ""}, "needs a subject"),
        ({"subject": "Dear {frist_name}"}, "There is no merge field {frist_name}"),
        ({"subject": "x" * 201}, "200 characters are enough"),
        ({"preview": "{config}"}, "There is no merge field {config}"),
        ({"body": "{{ config }}"}, "There is no merge field"),
        ({"body": ""}, "Write the letter"),
        ({"body": "a\x07b"}, "plain characters"),
        ({"body": "[x](data:text/html,x)"}, "holds the link"),
        ({"days": "-1"}, "number of days"),
        ({"days": "soon"}, "Not a valid integer"),
        ({"hours": "24"}, "from 0 to 23"),
        ({"days": "9" * 30}, "number of days"),
    ],
)
@pytest.mark.parametrize("path", ["steps", "steps/one"])
def test_a_letter_that_cannot_be_kept_is_explained_and_nothing_typed_is_lost(post, welcome, path, wrong, says):
    typed = {"version": "1", "preview": "My preview", "body": "My words", "subject": "My subject"} | LETTER | wrong
    before = fresh().letters
    answer = post(f"/sequences/{welcome.id}/{path}", **typed)
    assert answer.status_code == 422
    assert says in answer.text.replace("&#39;", "'")
    assert ("Dear {first_name|Doctor}" in answer.text) or "body" in wrong
    assert fresh().letters == before
    assert fresh().version == 1


def test_two_windows_do_not_write_over_each_other(owner, post, welcome):
    path = f"/sequences/{welcome.id}/steps/one"
    assert post(path, **LETTER | {"version": "1"}).status_code == 303
    late = post(path, **LETTER | {"version": "1", "body": "My own words"})
    assert late.status_code == 409
    assert "changed in another window" in late.text
    assert "My own words" in late.text
    assert fresh().letters[0].body == LETTER["body"]
    version = re.search(r'name="version" type="hidden" value="(\d+)"', late.text)[1]
    assert post(path, **LETTER | {"version": version, "body": "My own words"}).status_code == 303
    assert fresh().letters[0].body == "My own words"


def test_what_was_typed_into_a_letter_removed_elsewhere_can_be_saved_anew(post, welcome):
    post(f"/sequences/{welcome.id}/steps/two/removal", version="1")
    late = post(f"/sequences/{welcome.id}/steps/two", **LETTER | {"version": "1", "body": "My own words"})
    assert late.status_code == 409
    assert "My own words" in late.text
    assert f'action="/studio/sequences/{welcome.id}/steps"' in late.text


def slugs():
    return [letter.slug for letter in fresh().letters]


def test_letters_are_moved_and_removed(owner, post, welcome):
    path = f"/sequences/{welcome.id}/steps"
    post(f"{path}/three/position", version="1", direction="up")
    assert slugs() == ["one", "three", "two"]
    post(f"{path}/one/position", version="2", direction="down")
    assert slugs() == ["three", "one", "two"]
    post(f"{path}/three/position", version="3", direction="up")
    assert (slugs(), fresh().version) == (["three", "one", "two"], 3)
    post(f"{path}/one/removal", version="3")
    assert slugs() == ["three", "two"]
    assert [letter.position for letter in fresh().letters] == [1, 2]


@pytest.mark.parametrize("action", ["position", "removal"])
@pytest.mark.parametrize("fields", [{"version": "7"}, {}, {"version": "x"}, {"version": "9" * 40}])
def test_a_stale_page_moves_and_removes_nothing(owner, post, welcome, action, fields):
    post(f"/sequences/{welcome.id}/steps/two/{action}", direction="up", **fields)
    assert slugs() == ["one", "two", "three"]
    assert "please look again" in owner.get(f"/studio/sequences/{welcome.id}").text


def test_a_sequence_of_ninety_nine_letters_is_full(owner, post, app):
    full = sequence_of("full", *({"slug": f"step-{step}"} for step in range(99)))
    assert "Add a letter" not in owner.get(f"/studio/sequences/{full.id}").text
    answer = post(f"/sequences/{full.id}/steps", **LETTER)
    assert answer.status_code == 422
    assert "at most 99 letters" in answer.text


def test_a_letter_is_shown_as_it_will_look(owner, post, welcome):
    typed = LETTER | {"subject": "For {first_name}", "body": "Dear {first_name}, **hello** <script>x</script> {gone}"}
    path = f"/sequences/{welcome.id}/preview"
    shown = post(f"{path}?view=light", **typed)
    assert "Dear Jordan, <strong" in shown.text
    assert "<script" not in shown.text
    assert "@media not all" in shown.text
    assert "prefers-color-scheme" not in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "@media all" in post(f"{path}?view=dark", **typed).text
    plain = post(f"{path}?view=text", **typed)
    assert plain.text.startswith("Subject: For Jordan\n\n")
    assert plain.mimetype == "text/plain"
    assert "Hello." in owner.get(f"/studio/sequences/{welcome.id}/steps/one/preview").text
    assert fresh().version == 1
    page = owner.get(f"/studio/sequences/{welcome.id}/steps/one").text
    assert page.count(" sandbox ") == 4


def test_a_preview_of_anything_breaks_nothing(post, welcome):
    for body in ("", "\x07", "{" * 500, "a" * 90_000, "\u202e<b>"):
        answer = post(f"/sequences/{welcome.id}/preview", subject=body[:300], body=body, days="x", version="")
        assert answer.status_code == 200


FILLED = {
    "": (),
    "sign-up": (),
    "consultation requested": ("manage_url",),
    "consultation completed": ("manage_url",),
    "consultation missed": ("manage_url",),
    "checkout abandoned": ("cohort_name", "resume_url"),
    "enrolled": ("cohort_name", "starts_on"),
}
EVERYWHERE = ("first_name", "preferences_url", "site_name", "hub_url", "articles_url", "guide_url", "coaching_url",
              "course_url", "classroom_url")  # fmt: skip


@pytest.mark.parametrize(("starts_on", "filled"), [("tag", ()), *FILLED.items()])
def test_the_fields_on_offer_and_taken_are_those_its_start_fills(owner, post, starts_on, filled):
    sequence = sequence_of("it", {"slug": "one"}, starts_on=starts_on, start_tag="vip" if starts_on == "tag" else "")
    path = f"/sequences/{sequence.id}/steps"
    page = owner.get(f"/studio{path}").text
    chips = re.findall(r"<li data-insert=\"\{([a-z_]+)", page)
    assert set(chips) == {*EVERYWHERE, *filled}
    for field in {field for fields in FILLED.values() for field in fields} - set(filled):
        for part in ("subject", "preview", "body"):
            answer = post(path, **LETTER | {part: f"My words {{{field}|x}}"})
            assert answer.status_code == 422
            assert f"What starts this sequence does not fill {{{field}}}. There are {{first_name}}," in answer.text
            assert f"My words {{{field}|x}}" in answer.text
            named = re.search(r"There are ([^<]*)\.<", answer.text)[1]
            assert set(re.findall(r"\{([a-z_]+)\}", named)) == {*EVERYWHERE, *filled}
    body = " ".join(f"{{{field}}}" for field in chips)
    assert post(f"{path}/one", **LETTER | {"body": body, "version": "1"}).status_code == 303
    assert fresh("it").letters[0].body == body
