"""Reminders: a day and an hour before, once each, and only while it stands."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.coaching.booking.moving import move
from app.coaching.managing.reminding import REMINDERS
from app.coaching.managing.tasks import sweep_consultations
from app.coaching.models import Consultation
from app.extensions import db
from app.followups.tasks import sweep_followups
from app.outbox import Email
from app.outbox.tasks import sweep_outbox
from app.people import records
from tests.coaching.private_link import private_link

ADA = "ada@example.org"
AT = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def sweep(frozen):
    def at(moment):
        frozen.time = moment
        db.session.rollback()
        sweep_consultations.call_local()

    return at


@pytest.fixture
def reminders(mail):
    return lambda: [email.template.rpartition("_")[2] for email in mail.to(ADA) if "reminder" in email.template]


def test_a_day_and_an_hour_before_each_once_on_the_persons_own_clock(book, sweep, reminders, mail):
    book()
    for before in (25 * 60, 24 * 60 + 1, 24 * 60, 24 * 60 - 1, 120, 61, 60, 59, 1):
        sweep(AT - timedelta(minutes=before))
    day, hour = mail.to(ADA, "coaching/reminder_of_day") + mail.to(ADA, "coaching/reminder_of_hour")
    assert day.subject == "Reminder: we talk on Tuesday at 7:30 PM CST"
    assert hour.subject == "We talk at 7:30 PM CST"
    for email in (day, hour):
        assert "Tuesday, December 1, 2026, 7:30 PM CST" in email.body
        assert "https://talk.example.org/robin" in email.body
        assert private_link(email)
    assert (day.created_at, hour.created_at) == (AT - timedelta(hours=24), AT - timedelta(hours=1))


def test_a_worker_that_was_away_reminds_late_and_never_once_it_has_begun(book, sweep, reminders, mail):
    book()
    sweep(AT - timedelta(hours=5))
    for email in mail.to(ADA, "coaching/reminder_of_day"):
        assert not re.search(r"today|tomorrow", email.subject + email.body + email.html)
    sweep(AT)
    sweep(AT + timedelta(minutes=1))
    assert reminders() == ["day"]


def test_shortly_before_it_begins_the_reminder_of_the_day_is_left_out(book, sweep, reminders):
    book()
    sweep(AT - timedelta(hours=3))
    assert reminders() == []
    sweep(AT - timedelta(minutes=20))
    assert reminders() == ["hour"]


@pytest.mark.parametrize(("hours", "left"), [(27, ["day", "hour"]), (25, ["hour"]), (1.5, [])])
def test_who_booked_a_little_before_needs_none(book, coach, sweep, reminders, frozen, hours, left):
    coach.minimum_notice_hours = 0
    db.session.commit()
    frozen.time = AT - timedelta(hours=hours)
    assert book().status_code == 303
    for before in (24, 23, 1):
        if before < hours:
            sweep(AT - timedelta(hours=before))
    assert reminders() == left


def test_what_is_cancelled_over_or_only_held_is_not_reminded_of(ask, book, sweep, reminders, consultations, frozen):
    book()
    book(goals="Another matter", slot="2026-12-02T03:00Z")
    ask(goals="A third", slot="2026-12-02T04:30Z")
    cancelled, done, _ = consultations()
    Consultation.for_update(cancelled.id).cancel()
    db.session.commit()
    frozen.time = AT - timedelta(hours=20)
    Consultation.for_update(done.id).booked_at = None
    db.session.commit()
    sweep(AT - timedelta(hours=20))
    assert reminders() == []


def test_what_is_moved_is_reminded_of_anew(book, sweep, reminders, consultations):
    book()
    sweep(AT - timedelta(hours=24))
    later = AT + timedelta(days=3)
    assert move(Consultation.for_update(consultations()[0].id), later)
    db.session.commit()
    sweep(AT - timedelta(hours=1))
    assert reminders() == ["day"]
    sweep(later - timedelta(hours=24))
    sweep(later - timedelta(hours=1))
    assert reminders() == ["day", "day", "hour"]


def test_a_reminder_that_no_mail_server_took_in_time_is_not_sent_any_more(book, sweep, mail_server, mail, frozen):
    book()
    sweep(AT - timedelta(hours=1))
    [reminder] = mail.to(ADA, "coaching/reminder_of_hour")
    frozen.time = AT
    sweep_outbox.call_local()
    assert mail_server.to(ADA) != []
    assert "We talk at" not in {message["Subject"] for message in mail_server.to(ADA)}
    assert [email.state for email in mail.to(ADA) if email.id == reminder.id] == ["withdrawn"]


def cancel(consultation):
    consultation.cancel()


def put_later(consultation):
    move(consultation, AT + timedelta(days=3))


def erase(consultation):
    records.erase(consultation.person)


@pytest.mark.parametrize("change", [cancel, put_later, erase])
@pytest.mark.parametrize("is_in_hand", [False, True])
def test_a_reminder_that_waits_for_the_mail_server_is_not_sent_once_it_is_not_so_any_more(
    book, sweep, mail_server, mail, consultations, change, is_in_hand
):
    book()
    book(goals="Another matter", slot="2026-12-02T03:00Z")
    sweep(AT - timedelta(hours=22))
    first, second = mail.to(ADA, "coaching/reminder_of_day")
    first.claimed_by = second.claimed_by = "a worker" if is_in_hand else None
    db.session.commit()
    change(Consultation.for_update(consultations()[0].id))
    db.session.commit()
    for reminder in db.session.scalars(select(Email).where(Email.claimed_by.is_not(None))):
        reminder.try_again_later("451 not now")
        reminder.due_at = AT - timedelta(hours=22)
    db.session.commit()
    sweep_outbox.call_local()
    sent = [message["Subject"] for message in mail_server.to(ADA) if "Reminder" in message["Subject"]]
    # Who is erased has both called off.
    assert sent == ([] if change is erase else ["Reminder: we talk on Tuesday at 9:00 PM CST"])


@pytest.mark.parametrize("change", [cancel, put_later])
def test_a_booking_that_waits_for_the_mail_server_does_not_arrive_after_what_changed_it(
    book, client, mail_server, mail, change, sweep
):
    """Both calendars would end with the appointment in them."""
    link = book().location
    if change is cancel:
        client.post(f"{link}/cancellation")
    else:
        client.post(f"{link}/reschedule", data={"slot": "2026-12-05T01:30Z", "time_zone": "America/Chicago"})
    sweep_outbox.call_local()
    word = "cancelled" if change is cancel else "moved"
    [to_person], [to_coach] = mail_server.to(ADA), mail_server.to("owner@doctor.example.org")
    assert word in to_person["Subject"].lower()
    assert word in to_coach["Subject"].lower()


def test_a_letter_of_a_sequence_leaves_some_hours_to_the_reminder(book, sweep, mail, frozen):
    frozen.time = AT - timedelta(hours=48)
    assert book().status_code == 303

    def letters_at(hours_before):
        sweep(AT - timedelta(hours=hours_before))
        sweep_followups.call_local()
        return sorted(email.template.rpartition("/")[2] for email in mail.to(ADA) if "booked" not in email.template)

    assert letters_at(24) == ["reminder_of_day"]
    assert letters_at(21.1) == ["reminder_of_day"]
    assert len(letters_at(20.9)) == 2


def test_two_workers_remind_once(app, book, reminders, frozen):
    book()
    frozen.time = AT - timedelta(hours=24)
    db.session.rollback()
    start = Barrier(4)

    def work(_):
        with app.app_context():
            due = REMINDERS[0].due()
            db.session.commit()
            start.wait()
            sent = [REMINDERS[0].send(number) for number in due]
            db.session.commit()
            return sent

    with ThreadPoolExecutor(4) as workers:
        sent = list(workers.map(work, range(4)))
    assert sorted(sent) == [[False]] * 3 + [[True]]
    assert reminders() == ["day"]
