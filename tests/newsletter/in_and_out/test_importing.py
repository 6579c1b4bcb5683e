"""What an import does and what it must not do, whatever the file says."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from app import followups
from app.clock import now
from app.extensions import db
from app.followups import SequenceRun
from app.newsletter.in_and_out.import_csv import Source
from app.newsletter.in_and_out.import_rows import BASES, BATCH, Import
from app.newsletter.models import Subscription
from app.newsletter.preferences import my_data
from app.newsletter.preferences.leaving import leave_everything
from app.people.models import Consent, Person
from app.people.suppressions import ERASED, Suppression
from tests.newsletter.conftest import ADA, fresh, rows_of_everybody
from tests.newsletter.in_and_out.importing import EXPORTS, csv_of, states, subscription, taken_in

SUBSCRIBED = csv_of("email,name,tags", f"{ADA},Ada Imported,residents", "grace@example.org,Grace,")


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


def in_days(days):
    return f"{now() + timedelta(days=days):%Y-%m-%d}"


def paused(*rows):
    return csv_of("email,status,paused until,quiet hours", *rows)


def test_a_pause_is_taken_in_until_its_end(app, clock):
    file = paused(
        f"on@example.org,paused,{in_days(10)},", f"silent@example.org,active,{in_days(10)},", ADA + ",active,,"
    )
    taken_in(file)
    assert {email: subscription(email).is_paused for email in states()} == {
        "on@example.org": True,
        "silent@example.org": True,
        ADA: False,
    }
    clock.advance(days=10)
    assert not subscription("on@example.org").is_paused
    assert taken_in(paused(f"over@example.org,paused,{in_days(-1)},"))[0] == {"new": 1}
    assert subscription("over@example.org").paused_until is None


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("paused,,", "nothing says until when"),
        ("paused,in spring,", "is no date"),
        ("active,soon,", "is no date"),
        (f"paused,{datetime.max:%Y-%m-%d},", "90 days are the longest"),
        ("active,,whenever", "like 22:00-06:00 America/Chicago"),
        ("active,,22:00-06:00", "like 22:00"),
        ("active,,22-24 UTC", "like 22:00"),
        ("active,,22-22 UTC", "like 22:00"),
        ("active,,22-6 Mars/Base", "like 22:00"),
        ("active,,22:30-6:00 UTC", "like 22:00"),
    ],
)
def test_a_wish_to_be_left_alone_that_cannot_be_read_keeps_the_row_out(app, row, says):
    counts, (rejected,) = taken_in(paused(f"{ADA},{row}"))
    assert counts == {"invalid": 1}
    assert says in rejected.reason


def test_a_departure_is_noted_whatever_else_its_row_holds(app):
    file = csv_of("email,status,topics,paused until,quiet hours", f"{ADA},unsubscribed,Nothing on offer,soon,never")
    assert taken_in(file)[0] == {"left there": 1}


def test_who_asked_here_and_chose_keeps_the_choice_when_an_import_confirms(app):
    chosen = Subscription.at(ADA)
    chosen.paused_until = end = now() + timedelta(days=60)
    chosen.keep_quiet((22, 6), "America/Chicago")
    Subscription.at("open@example.org")
    db.session.commit()
    rest = f"paused,{in_days(2)},1-2 UTC"
    assert taken_in(paused(f"{ADA},{rest}", f"open@example.org,{rest}"))[0] == {"new": 2}
    kept, taken = subscription(ADA), subscription("open@example.org")
    assert (kept.paused_until, kept.quiet_from_hour, kept.time_zone) == (end, 22, "America/Chicago")
    assert taken.is_paused
    assert (taken.quiet_from_hour, taken.quiet_to_hour, taken.time_zone) == (1, 2, "UTC")


def test_who_left_here_stays_out(app, ada):
    ada.subscribe()
    leave_everything(Person.with_email(ADA), page="/")
    db.session.commit()
    before = rows_of_everybody()
    counts, [rejected] = taken_in(csv_of("email,status", f"{ADA.upper()},subscribed"))
    assert counts == {"left here": 1}
    assert (rejected.line, rejected.address) == (2, ADA)
    assert rows_of_everybody() == before


def test_who_withdrew_without_ever_subscribing_stays_out(app):
    leave_everything(Person.at(ADA), page="/")
    db.session.commit()
    assert taken_in(SUBSCRIBED)[0] == {"left here": 1, "new": 1}
    assert states() == {"grace@example.org": "active"}


def test_a_suppressed_address_stays_out_also_when_only_its_hash_is_left(app):
    Suppression.add(ADA, ERASED).address = None
    db.session.commit()
    counts, [rejected] = taken_in(SUBSCRIBED)
    assert counts == {"suppressed here": 1, "new": 1}
    assert "suppression list" in rejected.reason
    assert states() == {"grace@example.org": "active"}
    assert fresh(lambda: Person.with_email(ADA)) is None


def test_a_new_secret_key_lets_nobody_back_in(app, monkeypatch):
    Suppression.add(ADA, ERASED).forget_address()
    db.session.commit()
    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret for tests, long enough")
    assert taken_in(SUBSCRIBED)[0] == {"suppressed here": 1, "new": 1}
    assert fresh(lambda: Suppression.of(ADA).reason) == ERASED


def test_a_suppressed_subscription_stays_out(app, ada):
    ada.subscribe()
    db.session.execute(db.update(Subscription).values(suppressed_at=Subscription.confirmed_at))
    db.session.commit()
    assert taken_in(SUBSCRIBED)[0] == {"suppressed here": 1, "new": 1}


def test_who_is_subscribed_here_and_left_there_is_shown_to_the_owner(app, ada):
    ada.subscribe()
    before = rows_of_everybody()
    counts, rejected = taken_in(csv_of("email,status", f"{ADA},unsubscribed", f"{ADA},cleaned"))
    assert counts == {"contrary": 1, "doubled": 1}
    assert rejected[0].line == 2
    assert rows_of_everybody() == before


@pytest.mark.parametrize(
    "rows", [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed"), ("active", "cleaned")]
)
def test_who_left_in_one_line_is_not_subscribed_by_another(app, rows):
    counts, _ = taken_in(csv_of("email,status", *(f"{ADA},{status}" for status in rows)))
    assert counts.pop("doubled") == 1
    assert counts in ({"left there": 1}, {"suppressed there": 1})
    assert "active" not in states().values()


def test_somebody_who_asked_and_never_confirmed_is_confirmed_by_the_import(app, ada):
    ada.sign_up(first_name="Ada")
    counts, _ = taken_in(SUBSCRIBED)
    assert counts == {"new": 2}
    assert ada.subscription.is_active
    assert [line.action for line in ada.ledger] == ["requested", "given"]
    assert ada.confirm().status_code == 303
    assert [line.action for line in ada.ledger] == ["requested", "given"]


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
    taken_in(csv_of("email,name", f'{ADA},"Ada\n\tLove\u202elace\x07"'))
    assert subscription(ADA).person.name == "Ada Lovelace"


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


def many(count, start=0):
    readers = range(start, start + count)
    return csv_of("email,name,tags", *(f"reader{number}@example.org,R {number},t{number % 3}" for number in readers))


class Crash(Exception):
    pass


def test_a_crash_midway_leaves_whole_batches_and_the_next_run_completes_them(app, monkeypatch):
    source = Source(lambda: [many(3 * BATCH)])
    db.session.rollback()
    with pytest.raises(Crash):
        for number, _ in enumerate(Import(source, "asked").batches(write=True)):
            if number == 1:
                raise Crash  # Before the commit of the second batch.
            db.session.commit()
    db.session.rollback()
    assert len(states()) == BATCH
    assert taken_in(many(3 * BATCH))[0] == {"known": BATCH, "new": 2 * BATCH}
    assert taken_in(many(3 * BATCH))[0] == {"known": 3 * BATCH}
    ledger = db.select(db.func.count()).select_from(Consent)
    assert fresh(lambda: db.session.scalar(ledger)) == 3 * BATCH


def test_an_import_goes_on_where_its_report_stands(app):
    data = many(2 * BATCH + 10)
    source = Source(lambda: [data])
    db.session.rollback()
    first = Import(source, "asked")
    next(first.batches(write=True))
    db.session.commit()
    assert first.report.line == BATCH + 1
    second = Import(source, "asked", report=first.report)
    for _ in second.batches(write=True):
        db.session.commit()
    assert dict(second.report.counts) == {"new": 2 * BATCH + 10}


def test_ten_times_the_rows_in_a_batch_cost_no_more_statements(app):
    def statements(data):
        sent = []

        def note(_connection, _cursor, statement, *_):
            if not statement.startswith("SET "):  # That of a connection which is new, however many rows there are.
                sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        taken_in(data)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(sent)

    taken_in(many(3))
    assert statements(many(40, start=100)) == statements(many(400, start=1000))


@pytest.mark.parametrize("details", [{"tags": 'x"y\rz'}, {"topics": "\0x"}, {"tags": "\0vip\ud800"}, {"name": "\0Ada"}])
def test_an_odd_cell_costs_at_most_its_row(app, details):
    cell = json.dumps(details).replace('"', '""')
    file = csv_of("email,metadata,creation_date", f'a@example.org,"{cell}",', "b@example.org,,")
    counts, rejected = taken_in(file, system="buttondown", columns={"email": 0, "details": 1})
    assert counts["new"] + len(rejected) == 2
    assert states()["b@example.org"] == "active"
    assert all("\0" not in row.reason for row in rejected)


def test_what_waits_for_somebody_who_bounced_elsewhere_is_stopped(app, ada, work):
    """As it is when the address comes onto the list here (tests.newsletter.returned.test_suppressing)."""
    ada.subscribe()
    work()
    ada.subscription.leave()  # Who is subscribed here is left as they are, for the owner to look at.
    db.session.commit()
    ada.sign_up()
    course = followups.Sequence(name="enrolled", title="Enrolled", purpose="course", starts_on="enrolled")
    course.steps = [followups.SequenceStep(position=1, slug="a", subject="A", delay_hours=24, body="A")]
    db.session.add(course)
    db.session.commit()
    followups.happened("enrolled", ada.person, "order:1")
    db.session.commit()
    counts, _ = taken_in(csv_of("email,suppressed", f"{ADA},complaint"))
    assert counts == {"suppressed there": 1}
    runs = fresh(lambda: list(db.session.scalars(db.select(SequenceRun).order_by(SequenceRun.id))))
    assert [(run.next_at, run.stop_reason) for run in runs] == [(None, ""), (None, "suppressed: complaint")]
    (welcome,) = ada.mail.to(ADA, "followups/step")
    assert (welcome.state, welcome.may_be_sent_again) == ("failed", False)
    assert ada.client.get(ada.confirmation_path()).status_code == 410


@pytest.mark.parametrize("standing", ["active", "unsubscribed"])
@pytest.mark.parametrize("comes_between", ["SELECT person.email", "INSERT INTO subscription"])
def test_whoever_comes_and_is_erased_during_an_import_does_not_stop_it(app, standing, comes_between):
    def sign_up():
        Subscription.at(ADA)
        db.session.commit()

    def erase():
        if person := Person.with_email(ADA):
            my_data.erase(person)
        db.session.commit()

    with beside(app, "INSERT INTO person", sign_up) as signing_up, beside(app, comes_between, erase, after=signing_up):
        taken_in(csv_of("email,status", f"{ADA},{standing}", f"grace@example.org,{standing}"))
    assert states()["grace@example.org"] == {"active": "active", "unsubscribed": "left"}[standing]


@contextmanager
def beside(app, statement, act, after=None):
    """Before this thread's first statement that begins so, and `after` another, `act` gets a moment in another one."""
    this, failures = threading.get_ident(), []

    def acting():
        with app.app_context():
            try:
                act()
            except Exception as failure:
                failures.append(failure)

    thread = threading.Thread(target=acting)

    def before(_connection, _cursor, text, *_):
        is_time = after is None or after.ident
        if is_time and text.startswith(statement) and threading.get_ident() == this and not thread.ident:
            thread.start()
            thread.join(0.3)

    event.listen(db.engine, "before_cursor_execute", before)
    yield thread
    event.remove(db.engine, "before_cursor_execute", before)
    thread.join()
    assert failures == []


def test_the_suppression_list_is_written_in_one_order_whatever_the_files(app):
    people = [f"reader{number}@example.org" for number in range(20)]
    taken_in(csv_of("email,status", *(f"{each},bounced" for each in people)))
    written = fresh(lambda: list(db.session.scalars(db.select(Suppression.address_hash).order_by(Suppression.id))))
    assert (written, len(written)) == (sorted(written), 20)
