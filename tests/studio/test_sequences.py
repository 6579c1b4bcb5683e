"""Sequences in the studio: how one is made, and what starts and stops it."""

import re

import pytest

from app import followups
from app.extensions import db
from app.followups import Sequence, SequenceRun, content
from app.people.models import Person
from tests.followups.conftest import begin, sequence_of


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
        ("consultation missed", "coaching"),
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
        ({"starts_on": "full moon"}, "Choose one of those in the list."),
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
