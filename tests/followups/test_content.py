from pathlib import Path

import pytest

from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.followups import Sequence, content

STARTER = Path(__file__).parents[2] / "app" / "starter"


def write(folder, text, name="01-hello.md"):
    steps = folder / "sequences" / "greeting"
    steps.mkdir(parents=True, exist_ok=True)
    (steps / "_sequence.md").write_text("---\nname: greeting\ntitle: Greeting\npurpose: newsletter\n---\n\nA note.\n")
    (steps / name).write_text(text)


def step(subject="Hello", delay="0", body="Hello."):
    return f"---\nsubject: {subject}\ndelay_hours: {delay}\n---\n\n{body}\n"


def rows():
    return [
        (sequence.name, sequence.title, sequence.purpose, sequence.note,
         [(one.position, one.slug, one.subject, one.preview, one.delay_hours, one.body) for one in sequence.steps])
        for sequence in db.session.scalars(db.select(Sequence).order_by(Sequence.name))
    ]  # fmt: skip


def test_the_starter_content_is_taken_in(app):
    content.import_from(STARTER)
    found = {name: [step[1] for step in steps] for name, _, _, _, steps in rows()}
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


def test_an_export_loses_nothing(app, tmp_path):
    content.import_from(STARTER)
    content.export_to(tmp_path)
    before = rows()
    for path in sorted((STARTER / "sequences").rglob("*.md")):
        copy = tmp_path / path.relative_to(STARTER)
        keys = ("name", "title", "purpose", "subject", "preview", "delay_hours")
        first, second = (ContentFile.read(one, required=(), optional=keys) for one in (path, copy))
        assert (first.meta, first.body) == (second.meta, second.body)
    for sequence in db.session.scalars(db.select(Sequence)):
        db.session.delete(sequence)
    db.session.flush()
    content.import_from(tmp_path)
    assert rows() == before


def test_steps_without_a_file_go_and_changed_ones_change(app, tmp_path):
    write(tmp_path, step())
    write(tmp_path, step("Bye"), "02-bye.md")
    content.import_from(tmp_path)
    (tmp_path / "sequences/greeting/02-bye.md").unlink()
    write(tmp_path, step("Hello again", 5))
    content.import_from(tmp_path)
    assert [(position, slug, subject, delay) for position, slug, subject, _, delay, _ in rows()[0][4]] == [
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
    assert [one[1] for one in rows()[0][4]] == ["two", "one"]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (step(body="Dear {frist_name}"), "01-hello.md", r"01-hello\.md: its text holds \{frist_name\}"),
        (step(subject='"{{ config }}"'), "01-hello.md", "its subject holds"),
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
        ("name: other\ntitle: T\npurpose: course", "give both the same name"),
        ("name: greeting\ntitle: T\npurpose: fun", "purpose is 'fun'"),
    ],
)
def test_a_sequence_that_cannot_be_taken_in_is_explained(app, tmp_path, meta, says):
    write(tmp_path, step())
    (tmp_path / "sequences/greeting/_sequence.md").write_text(f"---\n{meta}\n---\n\nNote.\n")
    with pytest.raises(ContentError, match=says):
        content.import_from(tmp_path)
