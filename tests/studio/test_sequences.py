"""Sequences in the studio: their letters, what starts and stops them, and how each will look."""

import re

import pytest

from app import followups
from app.extensions import db
from app.followups import Sequence, SequenceRun, content
from app.people.models import Person
from tests.followups.conftest import begin, sequence_of
from tests.studio.conftest import token_in


@pytest.fixture
def welcome(app):
    return sequence_of("welcome", {"slug": "one"}, {"slug": "two", "delay_hours": 76}, {"slug": "three"})


@pytest.fixture
def post(owner):
    """Posts to a page of the studio with its token."""
    token = token_in(owner.get("/studio/sequences/new"))
    return lambda path, **fields: owner.post(f"/studio{path}", data={"csrf_token": token, **fields})


def fresh(name="welcome"):
    db.session.rollback()
    db.session.expire_all()
    return Sequence.named(name)


LETTER = {"subject": "Hello", "preview": "", "days": "1", "hours": "2", "body": "Dear {first_name|Doctor}"}
PLAN = {
    "title": "After a talk",
    "starts_on": "tag",
    "start_tag": " Speaker  2026",
    "stops_on": ["enrolled"],
    "note": "N",
}


def test_the_list_says_what_starts_each_and_how_many_are_on_their_way(owner, welcome):
    sequence_of("quiet", active=False, starts_on="enrolled", start_tag="")
    for number in range(3):
        begin(Person.at(f"reader{number}@example.org"))
    page = owner.get("/studio/sequences").text
    row = re.search(r"<tr>(?:(?!</tr>).)*Welcome.*?</tr>", page, re.DOTALL)[0]
    cells = re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row, re.DOTALL)
    cells = [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells]
    assert cells == ["Welcome", "Active", "A subscriber gets a tag: welcome", "3", "3"]
    assert "Somebody enrolls in the course" in page
    assert "Quiet" not in owner.get("/studio/sequences?state=active").text
    assert "Quiet" in owner.get("/studio/sequences?q=qui").text


def test_more_sequences_and_letters_cost_no_more_queries(owner, welcome, queries):
    def cost(path):
        db.session.expunge_all()
        with queries() as sent:
            assert owner.get(path).status_code == 200
        return len(sent)

    one = cost("/studio/sequences"), cost(f"/studio/sequences/{welcome.id}")
    for number in range(20):
        sequence_of(f"other-{number}", *({"slug": f"step-{step}"} for step in range(10)))
    many = sequence_of("many", *({"slug": f"step-{step}"} for step in range(50)))
    assert (cost("/studio/sequences"), cost(f"/studio/sequences/{many.id}")) == one
    assert max(one) < 12


def test_a_sequence_is_made_switched_off_and_switched_on_once_it_has_a_letter(owner, post):
    made = post("/sequences", **PLAN)
    sequence = fresh("after-a-talk")
    assert (made.status_code, made.location) == (303, f"/studio/sequences/{sequence.id}")
    assert (sequence.starts_on, sequence.start_tag, sequence.stops_on) == ("tag", "speaker 2026", ["enrolled"])
    assert (sequence.active, sequence.note) == (False, "N")
    post(f"/sequences/{sequence.id}/activation")
    assert "Write its first letter" in owner.get(made.location).text
    assert not fresh("after-a-talk").active
    post(f"/sequences/{sequence.id}/steps", **LETTER)
    post(f"/sequences/{sequence.id}/activation")
    assert fresh("after-a-talk").active
    followups.happened("tag", Person.at("ada@example.org"), tag="speaker 2026")
    assert db.session.scalars(db.select(SequenceRun)).one().next_at
    db.session.commit()
    post(f"/sequences/{sequence.id}/deactivation")
    assert not fresh("after-a-talk").active


def test_two_sequences_of_one_title_get_names_of_their_own(post):
    for _ in range(3):
        assert post("/sequences", **PLAN).status_code == 303
    names = db.session.scalars(db.select(Sequence.name).order_by(Sequence.id)).all()
    assert names == ["after-a-talk", "after-a-talk-2", "after-a-talk-3"]


@pytest.mark.parametrize(
    ("starts_on", "purpose"),
    [
        ("sign-up", "newsletter"),
        ("consultation completed", "coaching"),
        ("checkout abandoned", "course"),
        ("enrolled", "course"),
    ],
)
def test_what_starts_it_says_what_its_letters_are_for(post, starts_on, purpose):
    post("/sequences", **PLAN | {"starts_on": starts_on})
    sequence = fresh("after-a-talk")
    assert (sequence.starts_on, sequence.start_tag, sequence.purpose) == (starts_on, "", purpose)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": " "}, "Give it a title"),
        ({"title": "x" * 201}, "200 characters are enough"),
        ({"title": "a\u2028b"}, "on one line"),
        ({"start_tag": " "}, "Say which tag"),
        ({"starts_on": "full moon"}, "Not a valid choice"),
        ({"stops_on": ["full moon"]}, "not"),
        ({"note": "a\x07b"}, "plain characters"),
        ({"note": "[x](javascript:alert(1))"}, "holds the link"),
    ],
)
def test_a_plan_that_makes_no_sense_is_explained_and_kept(post, wrong, says):
    answer = post("/sequences", **PLAN | wrong)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="After a talk"' in answer.text or "title" in wrong
    assert db.session.scalars(db.select(Sequence)).all() == []


def test_starts_and_stops_are_changed(owner, post, welcome):
    page = owner.get(f"/studio/sequences/{welcome.id}/settings").text
    assert 'value="welcome"' in page
    assert '<option selected value="tag">' in page
    post(f"/sequences/{welcome.id}/settings", title="Hello", starts_on="", stops_on=["consultation requested"], note="")
    changed = fresh()
    assert (changed.title, changed.starts_on, changed.start_tag) == ("Hello", "", "")
    assert changed.stops_on == ["consultation requested"]
    assert "somebody asks for a consultation" in owner.get(f"/studio/sequences/{welcome.id}").text


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


def test_every_change_asks_for_the_token(owner, welcome):
    of_it = ("settings", "activation", "deactivation", "preview", "steps")
    for path in (*of_it, "steps/one", "steps/one/position", "steps/one/removal"):
        answer = owner.post(f"/studio/sequences/{welcome.id}/{path}", data=LETTER | {"version": "1"})
        assert answer.status_code == 400, path
    assert owner.post("/studio/sequences", data=PLAN).status_code == 400
    assert (fresh().version, fresh().active) == (1, True)


@pytest.mark.parametrize("path", ["/2147483647", "/x", "/1/steps/nothing-of-the-kind", "/99999999999999999999"])
def test_what_is_not_there_is_not_found(owner, welcome, path):
    assert owner.get(f"/studio/sequences{path}").status_code == 404


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


def test_a_start_that_does_not_fill_what_a_letter_holds_is_refused_and_nothing_typed_is_lost(post):
    sequence = sequence_of(
        "asked",
        {"slug": "one"},
        {"slug": "two", "subject": "See your request", "body": "[Here]({manage_url})"},
        starts_on="consultation requested",
        start_tag="",
    )
    path = f"/sequences/{sequence.id}/settings"
    for start in ("tag", "enrolled", ""):
        answer = post(path, **PLAN | {"starts_on": start, "note": "My own note"})
        assert answer.status_code == 422
        assert "does not fill {manage_url}, which the letter “See your request” holds" in answer.text
        assert "My own note" in answer.text
        assert f'<option selected value="{start}">' in answer.text
        assert (fresh("asked").starts_on, fresh("asked").note) == ("consultation requested", "")
    assert post(path, **PLAN | {"starts_on": "consultation completed"}).status_code == 303
    post(f"/sequences/{sequence.id}/steps/two", **LETTER | {"version": "1"})
    assert post(path, **PLAN | {"starts_on": "enrolled"}).status_code == 303
    assert fresh("asked").starts_on == "enrolled"


def test_what_is_written_here_comes_out_as_files_and_in_again(post, welcome, tmp_path):
    post("/sequences", **PLAN | {"title": 'Yes: "#1" {x}', "note": "---\n\n- a\n"})
    made = fresh("yes-1-x")
    body = "---\r\n\r\n# Über\r\n\r\n> {first_name|Doctor}\r\n\r\n\t- x\r\n---"
    post(
        f"/sequences/{made.id}/steps", **LETTER | {"subject": "'No': yes #2", "preview": "- {site_name}", "body": body}
    )
    post(f"/sequences/{made.id}/steps", **LETTER | {"subject": "123"})
    db.session.commit()
    content.export_to(tmp_path)
    before = everything()
    content.import_from(tmp_path)
    assert not db.session.dirty
    db.session.commit()
    db.session.expire_all()
    assert everything() == before


def everything():
    columns = ("version", "title", "note", "starts_on", "start_tag", "stops_on", "active", "letters")
    found = db.session.scalars(db.select(Sequence).order_by(Sequence.name))
    return [(sequence.name, *(getattr(sequence, column) for column in columns)) for sequence in found]
