"""What an import does and what it must not do, whatever the file says."""

import json
from datetime import UTC, datetime

import pytest

from app.extensions import db
from app.followups import SequenceRun
from app.newsletter.in_and_out.import_csv import Source
from app.newsletter.in_and_out.import_rows import BASES, Import
from app.people.models import Person
from tests.newsletter.conftest import ADA, fresh, rows_of_everybody
from tests.newsletter.in_and_out.importing import EXPORTS, SUBSCRIBED, csv_of, in_days, states, subscription, taken_in


def test_a_dry_run_says_the_same_and_writes_nothing(app):
    before = rows_of_everybody()
    dry = taken_in("kit.csv", write=False)
    assert rows_of_everybody() == before
    assert taken_in("kit.csv") == dry


@pytest.mark.parametrize("file", sorted(path.name for path in EXPORTS.iterdir()))
def test_the_same_file_twice_changes_nothing(app, file):
    first, _ = taken_in(file)
    before = rows_of_everybody()
    second, _ = taken_in(file)
    assert rows_of_everybody() == before
    taken = sum(first.get(outcome, 0) for outcome in ("new", "left there", "suppressed there"))
    assert second["known"] + second.get("suppressed here", 0) == taken


def test_nobody_is_taken_in_without_a_basis(app):
    for basis in ("", "because"):
        with pytest.raises(ValueError, match="basis"):
            taken_in(SUBSCRIBED, basis=basis)
    assert states() == {}
    assert len(BASES) >= 3


def test_the_imported_are_confirmed_without_a_mail_or_a_welcome(app, mail, work):
    taken_in(SUBSCRIBED)
    work()
    assert states() == {ADA: "active", "grace@example.org": "active"}
    assert mail.all == []
    assert fresh(lambda: db.session.scalar(db.select(SequenceRun.id))) is None


def test_an_existing_subscriber_is_not_changed(app, ada):
    ada.subscribe(first_name="Ada", topics=["career"]).pause(60)
    ada.subscription.keep_quiet((22, 6), "America/Chicago")
    db.session.commit()
    before = rows_of_everybody()
    header = "email,name,tags,topics,status,paused_until,quiet_hours"
    for wishes in (f"paused,{in_days(5)},1-2 UTC", "active,,"):
        counts, _ = taken_in(csv_of(header, f"{ADA},Somebody Else,vip,leadership,{wishes}"))
        assert counts == {"known": 1}
        assert rows_of_everybody() == before


def test_the_name_that_a_person_gave_here_stays(app):
    Person.at(ADA).take_name("Ada Byron")
    Person.at("grace@example.org")
    db.session.commit()
    taken_in(SUBSCRIBED)
    assert subscription(ADA).person.name == "Ada Byron"
    assert subscription("grace@example.org").person.name == "Grace"


def test_topics_and_career_stage_are_known_by_key_or_label(app):
    counts, [rejected] = taken_in(
        csv_of(
            "email;topics;career stage;signup source",
            f"{ADA};Leadership, CAREER, cooking;Medical Student;Talk in May",
            "grace@example.org;cooking;nonsense;",
        )
    )
    row = subscription(ADA)
    topics = fresh(lambda: [topic.key for topic in row.topics])
    assert (topics, row.career_stage, row.source) == (["leadership", "career"], "student", "Talk in May")
    assert counts == {"new": 1, "invalid": 1}
    assert "topics" in rejected.reason


def test_columns_are_taken_as_the_owner_says(app):
    data = csv_of("Kontakt,Wer,Notiz", f"{ADA},Ada Lovelace,x")
    with pytest.raises(ValueError, match="Kontakt, Wer, Notiz"):
        taken_in(data)
    taken_in(data, columns={"email": 0, "name": 1})
    assert subscription(ADA).person.name == "Ada Lovelace"


@pytest.mark.parametrize(
    "address",
    ['"ada@example.org\nBcc: all@example.org"', "ada@example", "ada@exa mple.org", "@example.org", "",
     "ada@@example.org", "ada@" + "x" * 250 + ".org", "ada@example.org\u202e", "Ada <ada@example.org>"],
)  # fmt: skip
def test_a_bad_address_is_rejected_with_its_line(app, address):
    counts, rejected = taken_in(csv_of("name,email", "Grace,grace@example.org", f"Ada,{address}"))
    assert states() == {"grace@example.org": "active"}
    if address:
        assert counts == {"new": 1, "invalid": 1}
    assert [row.line for row in rejected] == [3]


def test_names_become_one_plain_line(app):
    taken_in(csv_of("email,name", f'{ADA},"Ada\n\tLove\u202elace\x07"', "ali@example.org,علی\u200cمحمد"))
    assert subscription(ADA).person.name == "Ada Lovelace"
    assert subscription("ali@example.org").person.name == "علی\u200cمحمد"


def test_dates_that_make_no_sense_are_as_if_they_were_not_there(app, clock):
    taken_in(
        csv_of("email,confirmed_at", f"{ADA},2999-01-01", "grace@example.org,yesterday", "mary@example.org,0001-01-01")
    )
    for address in states():
        assert subscription(address).confirmed_at == clock.time


def test_dates_that_cannot_be_read_are_counted(app):
    dates = ("2999-01-01", "yesterday", "0000-00-00", "03/04/2023", "2023-04-03", "5/5/2023", "")
    file = csv_of("email,confirmed_at", *(f"reader{number}@example.org,{each}" for number, each in enumerate(dates)))
    source = Source(lambda: [file])
    db.session.rollback()
    importing = Import(source, "asked")
    list(importing.batches(write=False))
    assert importing.report.rows == importing.report.counts["new"] == len(dates)
    assert importing.report.unread_dates.startswith(
        "4 of these rows have a date that cannot be read, the first in line 2."
    )


@pytest.mark.parametrize(
    ("others", "month", "day"),
    [(["31/12/2022"], 4, 3), (["12/31/2022 10:00"], 3, 4), (["31/12/2022", "12/31/2022"], 0, 0)],
)
def test_day_and_month_are_told_apart_by_the_whole_column(app, clock, others, month, day):
    rows = [f"{ADA},03/04/2023", *(f"reader{number}@example.org,{each}" for number, each in enumerate(others))]
    taken_in(csv_of("email,signed up at", *rows), columns={"email": 0, "signed_up_at": 1})
    known = datetime(2023, month, day, tzinfo=UTC) if month else clock.time
    assert subscription(ADA).requested_at == known
    assert subscription("reader0@example.org").requested_at.strftime("%d/%m") == "31/12"


def test_more_tags_than_make_sense_stop_the_import(app):
    with pytest.raises(ValueError, match="different tags"):
        taken_in(csv_of("email,tags", *(f"reader{number}@example.org,tag {number}" for number in range(300))))
    assert states() == {}


def test_a_row_with_more_tags_than_make_sense_costs_that_row(app):
    tags = ";".join(f"tag {number}" for number in range(500))
    counts, [rejected] = taken_in(csv_of("email,tags", f"{ADA},{tags}", "grace@example.org,vip"))
    assert (counts, rejected.address) == ({"invalid": 1, "new": 1}, ADA)
    assert "500 tags" in rejected.reason


@pytest.mark.parametrize("details", [{"tags": 'x"y\rz'}, {"topics": "\0x"}, {"tags": "\0vip\ud800"}, {"name": "\0Ada"}])
def test_an_odd_cell_costs_at_most_its_row(app, details):
    cell = json.dumps(details).replace('"', '""')
    file = csv_of("email,metadata,creation_date", f'a@example.org,"{cell}",', "b@example.org,,")
    counts, rejected = taken_in(file, system="buttondown", columns={"email": 0, "details": 1})
    assert counts["new"] + len(rejected) == 2
    assert states()["b@example.org"] == "active"
    assert all("\0" not in row.reason for row in rejected)
