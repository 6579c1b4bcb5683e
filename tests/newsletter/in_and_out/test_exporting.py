"""Subscribers as CSV: safe to open in a spreadsheet, complete, and the same when it comes back."""

import csv
import io

import pytest

from app.extensions import db
from app.newsletter.in_and_out import export_csv
from app.newsletter.in_and_out.export_csv import escaped, unescaped
from app.newsletter.models import Subscription
from app.newsletter.tags import Tag
from app.people.models import Person
from app.people.suppressions import COMPLAINT, ERASED, HARD_BOUNCE, Suppression
from tests.newsletter.conftest import rows_of_everybody
from tests.newsletter.in_and_out.importing import csv_of, states, subscription, taken_in

FORMULAS = [
    "=HYPERLINK(\"http://evil.example.org\",\"Click\")", "+1+1", "-2+3", "@SUM(A1:A9)", "\tx", "\rx", "\nx", " =1+1",
    "'=1+1", "''+x", "\uff1d1+1",
]  # fmt: skip
# Where a spreadsheet parts cells by a semicolon, a pipe or a tab, one begins in the middle.
FORMULAS_WITHIN = {
    "Ada;=1+cmd|' /C calc'!A0;": "Ada;'=1+cmd|' /C calc'!A0;",
    "Ada;'=1": "Ada;''=1",
    "a| +1|''@x": "a|' +1|'''@x",
    "career, -x,-y": "career,' -x,'-y",
    'Ada;"=1+1"': 'Ada;\'"=1+1"',
    "Ada\n=1": "Ada\n'=1",
    "  \t-1": "'  \t'-1",
    "=1;=1": "'=1;'=1",
}
HARMLESS = ["Ada", "O'Hara", "'tis", "a=b", "", "2 - 1", "'", "ünï", "a; b, 'c'|d", "a;b=c", "x;'", ";'tis"]


def exported(*, everybody=False):
    return "".join(export_csv.portions(everybody=everybody))


def rows(*, everybody=False):
    return list(csv.DictReader(io.StringIO(exported(everybody=everybody), newline="")))


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_begins_a_formula(cell):
    assert escaped(cell) == f"'{cell}"
    assert unescaped(escaped(cell)) == cell


@pytest.mark.parametrize("cell", FORMULAS_WITHIN)
def test_no_part_of_a_cell_begins_a_formula_whatever_parts_the_cells(cell):
    assert escaped(cell) == FORMULAS_WITHIN[cell]
    assert unescaped(escaped(cell)) == cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_is_no_formula_stays_as_it_is(cell):
    assert escaped(cell) == unescaped(cell) == cell


def test_those_on_the_list_are_exported_and_with_all_the_others_too(app):
    taken_in(
        csv_of("email,status", "in@example.org,active", "out@example.org,unsubscribed", "bounced@example.org,bounced")
    )
    Subscription.at("waiting@example.org")
    Suppression.add("gone@example.org", ERASED).address = None
    db.session.commit()
    assert [row["email"] for row in rows()] == ["in@example.org"]
    assert {row["email"]: (row["status"], row["suppressed"]) for row in rows(everybody=True)} == {
        "in@example.org": ("active", ""),
        "out@example.org": ("left", ""),
        "waiting@example.org": ("waiting", ""),
        "bounced@example.org": ("suppressed", HARD_BOUNCE),
    }


@pytest.fixture
def everyone(app):
    """Subscribers of every kind, with whatever may stand in a cell."""
    taken_in(
        csv_of(
            "email;name;status;topics;tags;career stage;source;confirmed at",
            "ada@example.org;Ada, Countess;active;career,mentorship;residents,vip;leader;Talk;2024-02-03T04:05:06Z",
            "+plus@example.org;=1+1;active;;;;@home;",
            "'-quote@example.org;'-1;active;;;;+x;",
            """calc@example.org;"Ada;=1+cmd|' /C calc'!A0;";active;;"-x,'+y";;"a|=b";""",
            "left@example.org;;unsubscribed;;;;;",
            "bounced@example.org;;bounced;;;;;",
        )
    )
    ada = subscription("ada@example.org")
    ada.tags += Tag.named(["=evil", "-worse", "a, b; c", 'say "hi"'])
    ada.pause(30)
    ada.keep_quiet((22, 6), "America/Chicago")
    db.session.commit()
    subscription("+plus@example.org").keep_quiet((0, 23), "UTC")
    db.session.commit()
    subscription("left@example.org").keep_quiet((1, 2), "UTC")
    db.session.add(Suppression.add("angry@example.org", COMPLAINT))
    Subscription.at("waiting@example.org")
    db.session.commit()


def test_our_own_export_changes_nothing_when_it_comes_back(app, everyone):
    before = rows_of_everybody()
    counts, rejected = taken_in(exported(everybody=True).encode("utf-8-sig"))
    assert rows_of_everybody() == before
    assert counts == {"known": 7, "unconfirmed": 1}
    assert [row.address for row in rejected] == ["waiting@example.org"]


def test_our_own_export_fills_a_new_site_with_the_same(app, everyone):
    there = rows(everybody=True)
    file = exported(everybody=True).encode()
    for table in reversed(db.metadata.sorted_tables):
        if table.name not in ("topic", "newsletter_offer", "content_version", "suppression_key"):
            db.session.execute(table.delete())
    db.session.commit()
    taken_in(file)
    here = {row["email"]: row for row in rows(everybody=True)}
    for row in there:
        if row["status"] != "waiting":
            assert here[row["email"]] == row
    taken = {"ada@example.org", "+plus@example.org", "'-quote@example.org", "calc@example.org", "left@example.org"}
    assert states().keys() == taken
    assert here["calc@example.org"]["name"] == "Ada;'=1+cmd|' /C calc'!A0;"


def test_whoever_pauses_or_wants_quiet_goes_on_with_that_elsewhere(app, clock, everyone):
    (row,) = [row for row in rows() if row["email"] == "ada@example.org"]
    assert (row["status"], row["quiet_hours"]) == ("paused", "22:00-06:00 America/Chicago")
    end = subscription("ada@example.org").paused_until.replace(microsecond=0)
    file = exported().encode()
    db.session.execute(db.delete(Person))
    db.session.commit()
    taken_in(file)
    moved = subscription("ada@example.org")
    assert (moved.paused_until, moved.is_paused) == (end, True)
    assert (moved.quiet_from_hour, moved.quiet_to_hour, moved.time_zone) == (22, 6, "America/Chicago")
    clock.advance(days=31)
    (row,) = [row for row in rows() if row["email"] == "ada@example.org"]
    assert (row["status"], row["paused_until"]) == ("active", "")


def test_an_export_reads_a_batch_at_a_time(app, monkeypatch):
    monkeypatch.setattr(export_csv, "BATCH", 10)
    people = [f"reader{number}@example.org" for number in range(25)]
    taken_in(csv_of("email", *people))
    assert [row["email"] for row in rows()] == people
    portions = list(export_csv.portions())
    assert max(portion.count("\n") for portion in portions) == 10
    assert db.session.scalar(db.select(db.func.count()).select_from(Person)) == 25
