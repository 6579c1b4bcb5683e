"""The calendars of a person and of their coach, both kept right by mail, as it arrives over SMTP."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.coaching import emails
from app.coaching.answering import call_off, propose
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.moving import move
from app.coaching.managing.choosing import accept
from app.coaching.models import Consultation
from app.extensions import db
from app.people import records
from tests.coaching.calendars.ics import Diary, lawful
from tests.coaching.conftest import DETAILS
from tests.coaching.private_link import private_link

ADA, OWNER = "ada@example.org", "owner@doctor.example.org"
FIRST, SECOND = datetime(2026, 12, 2, 1, 30, tzinfo=UTC), datetime(2026, 12, 4, 15, tzinfo=UTC)
LENGTH = timedelta(minutes=45)


def diary_of(files):
    diary = Diary()
    for file in files:
        diary.take(file)
    return diary


@pytest.fixture
def files(mail_server, work):
    """What calendars an address got, by SEQUENCE: while the clock stands, any may go first."""

    def arrived(address):
        work()
        parts = [part for message in mail_server.to(address) for part in message.walk()]
        calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
        read = [part.get_payload(decode=True).decode() for part in calendars]
        methods = [lawful(file)["METHOD"].value for file in read]
        assert [part["Content-Type"].params["method"] for part in calendars] == methods
        return sorted(read, key=lambda file: int(lawful(file).components[0]["SEQUENCE"].value))

    return arrived


@pytest.fixture
def moved(consultations, mail_server, work):
    """Moves the only consultation once what was mailed before has arrived, and tells both."""

    def to(starts_at):
        work()
        (consultation,) = consultations()
        assert move(consultation, starts_at)
        emails.consultation_moved(consultation)
        emails.booking_moved(consultation)
        db.session.commit()

    return to


@pytest.fixture
def cancelled(client, mail, mail_server, work):
    """Cancels by the private link in the first mail, once what was mailed before has arrived."""

    def by_link():
        work()
        client.post(f"{private_link(mail.to(ADA)[0])}/cancellation")

    return by_link


def test_both_calendars_follow_a_consultation_that_is_booked_moved_and_cancelled(book, moved, cancelled, files):
    book()
    moved(SECOND)
    cancelled()
    for address, title in (
        (ADA, "Coaching consultation with Robin Park"),
        (OWNER, "Ada Lovelace: Coaching consultation"),
    ):
        diary, seen = Diary(), []
        for file in files(address):
            diary.take(file)
            seen.append(diary.events)
        assert seen == [[(FIRST, FIRST + LENGTH, title)], [(SECOND, SECOND + LENGTH, title)], []]


def test_its_number_stays_and_its_sequence_rises_for_everybody(book, moved, cancelled, files):
    book()
    moved(SECOND)
    moved(FIRST)
    cancelled()
    told = [[lawful(file).components[0] for file in files(address)] for address in (ADA, OWNER)]
    assert len({event["UID"].value for events in told for event in events}) == 1
    for events in told:
        assert [event["SEQUENCE"].value for event in events] == ["0", "1", "2", "3"]


def test_each_file_names_its_reader_and_nobody_else(book, moved, cancelled, files, mail):
    book()
    moved(SECOND)
    cancelled()
    token = private_link(mail.to(ADA)[0]).rpartition("/")[2]
    for address in (ADA, OWNER):
        for file in files(address):
            whole = file.replace("\r\n ", "")
            assert set(re.findall(r"[\w.+-]+@[\w.-]+", whole)) == {address, "hello@doctor.example.org"}
            assert token not in whole
            assert "/coaching/consultations/" not in whole


def test_who_asked_for_neutral_words_gets_them_in_every_file(book, moved, cancelled, files):
    book(has_neutral_title="y")
    moved(SECOND)
    cancelled()
    assert len(files(ADA)) == 3
    for file in files(ADA):
        [event] = lawful(file).components
        assert (event["SUMMARY"].text, event["CLASS"].value) == ("Appointment", "PRIVATE")
        for word in ("coach", "consult", "Robin Park", "Developing"):
            assert word.lower() not in file.replace("\r\n ", "").lower()


def test_what_a_stranger_typed_does_not_reach_the_calendar_of_somebody_else(book, files):
    book(name="Cheap evil watches", goals="Click http://evil.example")
    (file,) = files(ADA)
    assert "evil" not in file.replace("\r\n ", "")


def test_a_name_cannot_write_into_the_calendar_of_the_coach(book, files, coach):
    book(name='Ada";X=1:mailto:x, PhD; MD \\n DTSTART:20300101T000000Z')
    [event] = lawful(*files(OWNER)).components
    assert event["DTSTART"].moment == FIRST
    assert event["SUMMARY"].text.startswith('Ada";X=1:mailto:x, PhD; MD \\n DTSTART')


def test_where_to_talk_stands_in_both(book, files, coach):
    book()
    for address in (ADA, OWNER):
        [event] = lawful(*files(address)).components
        assert event["LOCATION"].text == coach.location


def test_without_a_time_no_calendar_hears_of_it(ask, cancelled, mail_server, files):
    ask()
    cancelled()
    assert files(ADA) == files(OWNER) == []
    assert len(mail_server.to(ADA)) == 2


def test_the_coach_need_not_wait_for_somebody_who_is_erased(book, consultations, files):
    book()
    (consultation,) = consultations()
    records.erase(consultation.person)
    db.session.commit()
    assert lawful(files(OWNER)[-1])["METHOD"].value == "CANCEL"
    assert diary_of(files(OWNER)).events == []


def test_a_calendar_is_told_when_its_owner_wants_another_name_for_it(book, client, mail, files):
    book()
    link = private_link(mail.to(ADA)[0])
    details = DETAILS | {"goals": "Something else"}
    for wish in ({}, {"has_neutral_title": "y"}, {"has_neutral_title": "y", "goals": "More"}, {}):
        client.post(f"{link}/details", data=details | wish)
    events = [lawful(file).components[0] for file in files(ADA)]
    assert [event["SUMMARY"].text for event in events] == [
        "Coaching consultation with Robin Park",
        "Appointment",
        "Coaching consultation with Robin Park",
    ]
    assert [event["SEQUENCE"].value for event in events] == ["0", "1", "2"]
    assert len(files(OWNER)) == 1


def test_another_name_of_the_person_goes_into_the_calendar_of_the_coach(book, client, mail, files):
    book()
    link = private_link(mail.to(ADA)[0])
    client.post(f"{link}/details", data=DETAILS | {"goals": "More"})
    client.post(f"{link}/details", data=DETAILS | {"name": "Ada King"})
    first, renamed = (lawful(file).components[0] for file in files(OWNER))
    assert renamed["SUMMARY"].text == "Ada King: Coaching consultation"
    assert (renamed["UID"].text, renamed["SEQUENCE"].value) == (first["UID"].text, "1")
    assert len(files(ADA)) == 1


def test_a_wish_for_another_name_waits_until_there_is_something_to_name(ask, link, client, mail):
    client.post(f"{link}/details", data=DETAILS | {"has_neutral_title": "y"})
    assert mail.to(ADA, "coaching/consultation_renamed") == []


@pytest.fixture
def offered_by_sam(book, consultations):
    """A consultation that is booked with Robin, and then at another time with Sam, whose address is given."""

    def accepted(address):
        book()
        sam = Coach(slug="sam", name="Sam Lee", time_zone="UTC", email=address)
        db.session.add(sam)
        db.session.commit()
        consultation = Consultation.for_update(consultations()[0].id)
        propose(consultation, sam, [SECOND])
        accept(consultation, SECOND)
        db.session.commit()

    return accepted


def test_a_coach_who_does_not_hold_it_any_more_has_it_no_longer(offered_by_sam, files, mail):
    offered_by_sam("sam@example.org")
    assert diary_of(files(OWNER)).events == []
    assert [start for start, *_ in diary_of(files("sam@example.org")).events] == [SECOND]
    assert diary_of(files(ADA)).events == [(SECOND, SECOND + LENGTH, "Coaching consultation with Sam Lee")]
    (told,) = mail.to(OWNER, "coaching/booking_passed_on")
    assert "is with Sam Lee now" in told.body
    assert "sam@example.org" not in "".join(files(OWNER))


def test_two_coaches_who_share_a_mailbox_have_it_once(offered_by_sam, files):
    offered_by_sam("")
    assert [start for start, *_ in diary_of(files(OWNER)).events] == [SECOND]


def test_what_the_coach_calls_off_leaves_both_calendars(book, consultations, files):
    book()
    call_off(Consultation.for_update(consultations()[0].id), "I am ill.")
    db.session.commit()
    assert diary_of(files(ADA)).events == diary_of(files(OWNER)).events == []


def test_when_its_coach_has_stopped_it_can_be_moved_to_another_one(book, coach, client, mail, files, consultations):
    book()
    sam = Coach(slug="sam", name="Sam Lee", time_zone="UTC", email="sam@example.org", minimum_notice_hours=0)
    sam.weekly_hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    db.session.add(sam)
    coach.is_active = False
    db.session.commit()
    link = private_link(mail.to(ADA)[0])
    page = client.get(f"{link}/reschedule?week=2026-W49").text
    assert f'value="{SECOND:%Y-%m-%dT%H:%MZ}"' in page
    assert client.post(f"{link}/reschedule", data={"slot": f"{SECOND:%Y-%m-%dT%H:%MZ}"}).status_code == 303
    assert consultations()[0].coach.name == "Sam Lee"
    assert diary_of(files(OWNER)).events == []
    assert [start for start, *_ in diary_of(files("sam@example.org")).events] == [SECOND]
    assert diary_of(files(ADA)).events == [(SECOND, SECOND + LENGTH, "Coaching consultation with Sam Lee")]


def test_while_its_coach_holds_consultations_it_stays_with_them(book, coach, client, mail, consultations):
    book()
    coach.weekly_hours = []
    sam = Coach(slug="sam", name="Sam Lee", time_zone="UTC", minimum_notice_hours=0)
    sam.weekly_hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    db.session.add(sam)
    db.session.commit()
    link = private_link(mail.to(ADA)[0])
    assert client.post(f"{link}/reschedule", data={"slot": f"{SECOND:%Y-%m-%dT%H:%MZ}"}).status_code == 422
    assert consultations()[0].coach.name == "Robin Park"
