from pathlib import Path

import pytest

from app import followups
from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.followups import Sequence, content

STARTER = Path(__file__).parents[2] / "app" / "starter"


HEAD = "name: greeting\ntitle: Greeting\npurpose: newsletter\nstarts_on: sign-up"


def write(folder, text, name="01-hello.md", head=HEAD):
    steps = folder / "sequences" / "greeting"
    steps.mkdir(parents=True, exist_ok=True)
    (steps / "_sequence.md").write_text(f"---\n{head}\n---\n\nA note.\n")
    (steps / name).write_text(text)


def step(subject="Hello", delay="0", body="Hello."):
    return f"---\nsubject: {subject}\ndelay_hours: {delay}\n---\n\n{body}\n"


def rows():
    return [
        (sequence.name, sequence.title, sequence.purpose, sequence.note,
         sequence.starts_on, sequence.start_tag, sequence.stops_on, sequence.active,
         [(one.position, one.slug, one.subject, one.preview, one.delay_hours, one.body) for one in sequence.steps])
        for sequence in db.session.scalars(db.select(Sequence).order_by(Sequence.name))
    ]  # fmt: skip


def test_the_starter_content_is_taken_in(app):
    content.import_from(STARTER)
    found = {row[0]: [step[1] for step in row[-1]] for row in rows()}
    assert found["newsletter-welcome"] == ["welcome", "ask-one-person", "where-to-go-next"]
    assert {"consultation-requested", "checkout-abandoned", "enrolled"} <= found.keys()


def test_importing_again_changes_nothing(app):
    content.import_from(STARTER)
    db.session.commit()
    ids = [step.id for sequence in db.session.scalars(db.select(Sequence)) for step in sequence.steps]
    before = rows()
    content.import_from(STARTER)
    assert not db.session.dirty
    db.session.commit()
    assert rows() == before
    assert ids == [step.id for sequence in db.session.scalars(db.select(Sequence)) for step in sequence.steps]


def test_what_starts_and_stops_the_starter_sequences(app):
    content.import_from(STARTER)
    assert {row[0]: row[4:8] for row in rows()} == {
        "checkout-abandoned": ("checkout abandoned", "", ["enrolled"], True),
        "consultation-completed": ("consultation completed", "", ["consultation requested", "enrolled"], True),
        "consultation-missed": ("consultation missed", "", ["consultation requested"], True),
        "consultation-requested": ("consultation requested", "", ["consultation requested"], True),
        "enrolled": ("enrolled", "", [], True),
        "newsletter-welcome": ("sign-up", "", [], True),
    }


def test_importing_again_leaves_those_on_the_way_alone(ada, app):
    content.import_from(STARTER)
    followups.happened("sign-up", ada)
    db.session.commit()
    before = db.session.scalars(db.select(Sequence.version).order_by(Sequence.id)).all()
    content.import_from(STARTER)
    db.session.commit()
    assert db.session.scalars(db.select(Sequence.version).order_by(Sequence.id)).all() == before


def test_an_export_loses_nothing(app, tmp_path):
    content.import_from(STARTER)
    letters = Sequence.named("enrolled").letters
    odd = Sequence(name="tagged", title="For a tag", purpose="newsletter", active=False)
    odd.starts_on, odd.start_tag, odd.stops_on = "tag", "conference: 2026", ["consultation requested", "enrolled"]
    db.session.add_all([odd, Sequence(name="never", title="No start", purpose="coaching")])
    odd.rewrite([letters[0]._replace(position=7, subject="Yes: {first_name|you}", preview="", body="---\n\nRule")])
    db.session.commit()
    content.export_to(tmp_path)
    before = rows()
    for path in sorted((STARTER / "sequences").rglob("*.md")):
        copy = tmp_path / path.relative_to(STARTER)
        keys = (
            "name",
            "title",
            "purpose",
            "starts_on",
            "tag",
            "stops_on",
            "active",
            "subject",
            "preview",
            "delay_hours",
        )
        first, second = (ContentFile.read(one, required=(), optional=keys) for one in (path, copy))
        assert (first.meta, first.body) == (second.meta, second.body)
    db.session.execute(db.delete(Sequence))
    db.session.expunge_all()
    content.import_from(tmp_path)
    assert rows() == before


def test_steps_without_a_file_go_and_changed_ones_change(app, tmp_path):
    write(tmp_path, step())
    write(tmp_path, step("Bye"), "02-bye.md")
    content.import_from(tmp_path)
    (tmp_path / "sequences/greeting/02-bye.md").unlink()
    write(tmp_path, step("Hello again", 5))
    content.import_from(tmp_path)
    assert [(position, slug, subject, delay) for position, slug, subject, _, delay, _ in rows()[0][-1]] == [
        (1, "hello", "Hello again", 5)
    ]


def test_steps_can_swap_places(app, tmp_path):
    write(tmp_path, step("One"), "01-one.md")
    write(tmp_path, step("Two"), "02-two.md")
    content.import_from(tmp_path)
    folder = tmp_path / "sequences/greeting"
    (folder / "01-one.md").rename(folder / "03-one.md")
    content.import_from(tmp_path)
    db.session.commit()
    db.session.expire_all()
    assert [one[1] for one in rows()[0][-1]] == ["two", "one"]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (step(body="Dear {frist_name}"), "01-hello.md", r"01-hello\.md: its text holds \{frist_name\}"),
        (step(subject='"{{ config }}"'), "01-hello.md", "its subject holds"),
        (
            step(body="{manage_url|here}"),
            "01-hello.md",
            r"\{manage_url\}, .* starts on 'sign-up': use one of first_name,",
        ),
        (step(delay="soon"), "01-hello.md", "delay_hours is 'soon'"),
        (step(delay="-1"), "01-hello.md", "delay_hours is -1"),
        (step(delay="true"), "01-hello.md", "delay_hours is True"),
        (step(subject="x" * 201), "01-hello.md", "at most 200"),
        (step(subject='"a\\nb"'), "01-hello.md", "one line"),
        (step(), "hello.md", r"like 01-welcome\.md"),
        ("---\nsubject: Hello\n---\n\nHello.\n", "01-hello.md", "lacks delay_hours"),
    ],
)
def test_a_step_that_cannot_be_taken_in_is_explained(app, tmp_path, text, name, says):
    write(tmp_path, text, name)
    with pytest.raises(ContentError, match=says):
        content.import_from(tmp_path)


def test_two_steps_of_one_number_are_refused(app, tmp_path):
    write(tmp_path, step(), "01-one.md")
    write(tmp_path, step(), "01-two.md")
    with pytest.raises(ContentError, match="two steps have the number 1"):
        content.import_from(tmp_path)


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        (HEAD.replace("name: greeting", "name: other"), "give both the same name"),
        (HEAD.replace("newsletter", "fun"), "purpose is 'fun'"),
        (HEAD.replace("sign-up", "sing-up"), "starts_on is 'sing-up': write one of sign-up, tag"),
        (HEAD.replace("sign-up", "[tag]"), "starts_on is"),
        (HEAD.replace("\nstarts_on: sign-up", ""), "lacks starts_on"),
        (HEAD.replace("sign-up", "tag"), "tag is '': name one"),
        (HEAD + "\ntag: vip", "tag is 'vip'"),
        (HEAD.replace("sign-up", "tag\ntag: VIP"), "tag is 'VIP': name one, in small letters"),
        (HEAD + "\nstops_on: [tag]", "stops_on is 'tag'"),
        (HEAD + "\nstops_on: enrolled", "stops_on must be a list"),
        (HEAD + "\nactive: 3", "active is 3: write true or false"),
    ],
)
def test_a_sequence_that_cannot_be_taken_in_is_explained(app, tmp_path, meta, says):
    write(tmp_path, step(), head=meta)
    with pytest.raises(ContentError, match=says):
        content.import_from(tmp_path)
