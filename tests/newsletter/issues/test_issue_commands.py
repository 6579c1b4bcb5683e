"""An issue from the command line: draft, send, status."""

import json
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import event

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.tags import Tag

FULL = """---
title: "Ordinary joy"
subject: "{first_name|Doctor}, a thought"
preview: "In short"
sender_name: "Dr. Example"
cover: path.png
cover_alt: "A path"
public: false
include:
  tags: [conference]
exclude:
  engaged_since: 2020-01-01
---

Dear {first_name|Doctor},

some words.
"""


@pytest.fixture
def flask(app):
    """Runs a command; gives what it said, and how it ended."""

    def run(*arguments):
        db.session.rollback()
        ran = app.test_cli_runner().invoke(args=["newsletter", *map(str, arguments)])
        db.session.rollback()
        db.session.expire_all()
        return ran.output.strip(), ran.exit_code

    return run


@pytest.fixture
def file(app, tmp_path):
    picture = BytesIO()
    Image.new("RGB", (40, 20)).save(picture, "PNG")
    (tmp_path / "path.png").write_bytes(picture.getvalue())
    path = tmp_path / "issue.md"
    path.write_text(FULL)
    Tag.named(["conference"])
    db.session.commit()
    return path


@pytest.fixture
def readers(ada):
    ada.subscribe()
    return ada


def test_a_file_becomes_a_draft_and_its_slug_is_printed(flask, file):
    assert flask("draft", file) == ("ordinary-joy", 0)
    issue = Issue.at("ordinary-joy")
    assert (issue.subject, issue.preview, issue.sender_name) == (
        "{first_name|Doctor}, a thought",
        "In short",
        "Dr. Example",
    )
    assert issue.body == "Dear {first_name|Doctor},\n\nsome words."
    assert issue.cover.startswith("/newsletter/pictures/")
    assert (issue.cover_alt, issue.is_public) == ("A path", False)
    assert (issue.include, issue.exclude) == ({"tags": ["conference"]}, {"engaged_since": "2020-01-01"})
    assert flask("draft", file) == ("ordinary-joy-2", 0)


def test_a_title_is_enough(flask, tmp_path):
    path = tmp_path / "short.md"
    path.write_text("---\ntitle: Short\n---\n\nWords.\n")
    assert flask("draft", path) == ("short", 0)
    assert (Issue.at("short").subject, Issue.at("short").is_public) == ("Short", False)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("some words.", "some {words}.", "There is no merge field {words}."),
        ("some words.", "[article: Nothing]", "There is no article called “Nothing”."),
        ('title: "Ordinary joy"', "titel: x", "lacks title"),
        ("public: false", "public: perhaps", "write true or false"),
        ("public: false", "color: red", "unknown keys: color"),
        ("cover: path.png", "cover: none.png", "none.png"),
        ("cover: path.png", "cover: issue.md", "no picture we can read"),
        ("tags: [conference]", "sql: [1=1]", "cannot be chosen by sql"),
        ("tags: [conference]", "tags: conference", "must be a list"),
        ("2020-01-01", "soon", "Write the day like"),
        (
            "tags: [conference]",
            "topics: [leadersip]",
            "no topic 'leadersip'. There are: career, leadership, mentorship.",
        ),
        ("engaged_since: 2020-01-01", "tags: [confrence]", "no tag 'confrence'. Did you mean 'conference'?"),
        ("engaged_since: 2020-01-01", "tags: [typo]", "There is no tag 'typo'."),
        ("engaged_since: 2020-01-01", "sources: [/gide]", "Nobody signed up on '/gide'."),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused_in_a_line(flask, file, was, becomes, said):
    assert was in FULL
    file.write_text(FULL.replace(was, becomes))
    output, code = flask("draft", file)
    assert code == 1
    assert said in output
    assert len(output.splitlines()) == 1
    assert db.session.scalar(db.select(Issue.id)) is None


def test_an_issue_is_sent_to_everyone_it_is_meant_for_once_that_is_said_twice(flask, file, readers):
    file.write_text(FULL.replace("  tags: [conference]\n", "").replace("exclude:\n  engaged_since: 2020-01-01\n", ""))
    flask("draft", file)
    output, code = flask("send", "ordinary-joy")
    assert (code, "1 subscribers. Say --yes" in output) == (1, True)
    assert Issue.at("ordinary-joy").is_draft
    output, code = flask("send", "ordinary-joy", "--yes")
    assert (code, "On its way to 1" in output) == (0, True)
    assert Issue.at("ordinary-joy").scheduled_at <= now()
    assert flask("send", "ordinary-joy", "--yes")[1] == 1, "once"


def test_what_must_be_mended_and_an_issue_for_nobody_are_not_sent(flask, file):
    flask("draft", file)
    output, code = flask("send", "ordinary-joy", "--yes")
    assert (code, "Nobody belongs to its audience" in output) == (1, True)
    file.write_text(FULL.replace("some words.", "TK"))
    flask("draft", file)
    output, code = flask("send", "ordinary-joy-2", "--yes")
    assert (code, "Replace the TK" in output) == (1, True)
    assert flask("send", "nothing", "--yes") == ("Error: There is no issue 'nothing'.", 1)


def test_the_status_counts_deliveries_by_state(flask, file, readers):
    assert Subscription.of(readers.person)
    db.session.commit()
    file.write_text("---\ntitle: Ordinary joy\n---\n\nWords.\n")
    flask("draft", file)
    assert json.loads(flask("status", "ordinary-joy", "--json")[0])["state"] == "draft"
    flask("send", "ordinary-joy", "--yes")
    Issue.at("ordinary-joy").freeze()
    db.session.commit()
    known = json.loads(flask("status", "ordinary-joy", "--json")[0])
    assert known["state"] == "sending"
    assert {name: known[name] for name in ("recipients", "sent", "failed", "skipped", "waiting")} == {
        "recipients": 1,
        "sent": 0,
        "failed": 0,
        "skipped": 0,
        "waiting": 1,
    }
    assert "state: sending" in flask("status", "ordinary-joy")[0]
    Issue.at("ordinary-joy").cancel()
    db.session.commit()
    known = json.loads(flask("status", "ordinary-joy", "--json")[0])
    assert (known["state"], known["waiting"], known["not_sent"]) == ("cancelled", 0, 1)


def test_an_issue_that_is_deleted_while_it_is_looked_over_is_not_sent(flask, file, readers):
    slug, _ = flask("draft", file)

    def delete(_session):
        with db.engine.begin() as connection:
            connection.execute(db.delete(Issue))

    event.listen(db.session, "after_commit", delete, once=True)
    said, code = flask("send", slug, "--yes")
    assert (said, code) == ("Error: The issue was deleted while it was looked over.", 1)
