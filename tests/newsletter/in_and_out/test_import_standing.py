"""Who is kept out by a file of no system we know, by whichever of its columns says so."""

import pytest

from app.newsletter.in_and_out.import_csv import Source
from tests.newsletter.conftest import ADA
from tests.newsletter.in_and_out.importing import csv_of, states, subscription, taken_in

NEW, LEFT, SUPPRESSED, UNCONFIRMED = ({each: 1} for each in ("new", "left there", "suppressed there", "unconfirmed"))


def outcome(header, row, **options):
    return taken_in(csv_of(f"email,{header}", f"{ADA},{row}"), **options)[0]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("unsubscribed_at", "2024-01-15", LEFT),
        ("unsubscribed_at", "", NEW),
        ("unsubscribed_at", "0000-00-00 00:00:00", NEW),
        ("unsubscribed_at", "yesterday", LEFT),
        ("unsubscribed_at", "2999-01-01", LEFT),
        ("status,left_at", "active,2020-01-01", LEFT),
        ("status,left_at", "pending,2020-01-01", LEFT),
        ("status,left_at", "whatever,2020-01-01", LEFT),
        ("status,left_at", "bounced,2020-01-01", SUPPRESSED),
        ("first_name,status,created_at,unsubscribed_at", "Ada,active,2020-01-01,2021-01-01", LEFT),
        ("Unsubscribed", "yes", LEFT),
        ("Unsubscribed", "1", LEFT),
        ("Unsubscribed", "TRUE", LEFT),
        ("Unsubscribed", "no", NEW),
        ("Unsubscribed", "0", NEW),
        ("Unsubscribed", "subscribed", NEW),
        ("Opted out", "x", LEFT),
        ("Opt-out", "Yes", LEFT),
        ("Unsubscribed at,Opted out", ",yes", LEFT),
        ("Unsubscribed,Opted out", "no,yes", LEFT),
        ("Has opted out of email", "1", LEFT),
        ("Bounced", "2", SUPPRESSED),
        ("Bounced", "no", NEW),
        ("Complained", "2024-01-15", SUPPRESSED),
        ("Do not email", "yes", SUPPRESSED),
        ("Unsubscribed,Bounced", "yes,yes", SUPPRESSED),
        ("Bounced", "perhaps", {"invalid": 1}),
        ("suppressed", "no", NEW),
        ("Confirmed", "no", UNCONFIRMED),
        ("Confirmed", "", UNCONFIRMED),
        ("Confirmed", "yes", NEW),
        ("Confirmed", "2024-01-15", NEW),
        ("confirmed_at", "no", UNCONFIRMED),
        ("confirmed_at", "", NEW),
        ("Subscribed", "0", UNCONFIRMED),
        ("Subscribed", "unsubscribed", LEFT),
        ("Opt-in", "FALSE", UNCONFIRMED),
        ("Opt-in", "perhaps", {"invalid": 1}),
        ("Opt-in,Opted out", "no,yes", LEFT),
        ("status,Opt-in", "active,", NEW),
        ("status,Opt-in", "active,no", UNCONFIRMED),
    ],
)
def test_a_column_says_who_stays_out(app, header, row, expected):
    assert outcome(header, row) == expected
    assert ("active" in states().values()) is (expected is NEW)


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("left_at", "2024-01-15", LEFT),
        ("left_at", "yes", LEFT),
        ("bounced", "1", SUPPRESSED),
        ("complained", "yes", SUPPRESSED),
        ("blocked", "yes", SUPPRESSED),
        ("confirmed", "no", UNCONFIRMED),
        ("confirmed_at", "no", UNCONFIRMED),
        ("subscribed", "no", UNCONFIRMED),
    ],
)
def test_such_a_column_can_be_chosen(app, field, cell, expected):
    assert outcome("Sonderfall", cell, columns={"email": 0, field: 1}) == expected


def test_who_came_back_is_told_by_the_status_of_our_own_export(app):
    assert outcome("status,career_stage,suppressed,left_at", "active,,,2020-01-01") == NEW


@pytest.mark.parametrize("rows", [(f"{ADA},", f"{ADA},yes"), (f"{ADA},2021-01-01", f"{ADA},")], ids=["later", "before"])
def test_who_opted_out_in_one_line_is_not_subscribed_by_another(app, rows):
    counts, _ = taken_in(csv_of("email,Opted out", *rows))
    assert counts == {"left there": 1, "doubled": 1}


def test_the_dates_in_such_columns_are_taken(app):
    taken_in(csv_of("email,Subscribed,Confirmed", f"{ADA},2021-01-01,2021-01-02"))
    row = subscription(ADA)
    assert (f"{row.requested_at:%d}", f"{row.confirmed_at:%d}") == ("01", "02")


def test_the_columns_of_which_nothing_is_taken_are_told(app):
    source = Source(lambda: [csv_of("email,Unsubscribed at,Opted out,Shoe size,", f"{ADA},,,7,")])
    assert source.signs == ["Opted out"]
    assert source.unused == ["Shoe size", "column 5"]
