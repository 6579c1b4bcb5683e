"""Calendar files: lawful whatever people typed, and silent about what is nobody's business."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from flask import Flask
from icalendar import STATUS

from app.calendar_file import Appointment, Mailbox, cancellation, download, feed, invitation
from tests.coaching.calendars.ics import Diary, lawful

START = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
TALK = Appointment(
    uid="6f1c@doctor.example.org",
    sequence=0,
    stamped_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    starts_at=START,
    ends_at=START + timedelta(minutes=45),
    attendee=Mailbox("ada@example.org", "Ada Lovelace"),
    summary="Consultation with Jordan Rivera",
    description="The link to move it or to cancel it is in our mail.",
    location="https://meet.example.org/jordan",
)
HOSTILE = [
    "Ada\r\nATTENDEE:mailto:victim@example.org",
    "Ada\nEND:VEVENT\nBEGIN:VEVENT\nUID:other",
    "Ada\rMETHOD:CANCEL",
    "Ada\u2028X-A:1\u2029X-B:2\x85X-C:3\x0bX-D:4\x0cX-E:5\x1cX-F:6",
    'Ada";CN="Eve":mailto:eve@example.org',
    "Ada, PhD; MD: 'the \\ first' \\n \\, \\;",
    "A\0d\x07a\x1b[31m\x7f\x9b",
    "^n^^^'Ada",
    "ünïcödé 会話 👩‍⚕️ " * 40,
    "\ud800Ada",
    " \t ",
    "",
]


@pytest.fixture(autouse=True)
def sender():
    """All that a file needs of the site; no database."""
    site = Flask(__name__)
    site.config["MAIL_DEFAULT_SENDER"] = "The Developing Doctor <hello@doctor.example.org>"
    with site.app_context():
        yield


def event_in(file):
    [event] = lawful(file).components
    return event


def test_an_invitation_says_when_and_what_and_asks_for_no_answer():
    event = event_in(invitation(TALK))
    assert (event["DTSTART"].moment, event["DTEND"].moment) == (TALK.starts_at, TALK.ends_at)
    assert event["DTSTAMP"].moment == TALK.stamped_at
    assert event["SUMMARY"].text == TALK.summary
    assert event["DESCRIPTION"].text == TALK.description
    assert event["LOCATION"].text == TALK.location
    assert event["STATUS"].value == "CONFIRMED"
    attendee = event["ATTENDEE"]
    assert attendee.value == "mailto:ada@example.org"
    assert attendee.parameters == {"CN": "Ada Lovelace", "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT",
                                   "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}  # fmt: skip


def test_the_organizer_is_the_mailbox_that_sends_the_mail():
    organizer = event_in(invitation(TALK))["ORGANIZER"]
    assert organizer.value == "mailto:hello@doctor.example.org"
    assert organizer.parameters == {"CN": "The Developing Doctor"}


def test_a_time_in_another_zone_is_written_in_utc():
    eastern = START.astimezone(ZoneInfo("America/New_York"))
    assert "DTSTART:20261201T193000Z\r\n" in invitation(TALK._replace(starts_at=eastern))


def test_what_was_moved_and_cancelled_leaves_the_diary_whatever_order_mails_come_in():
    moved = TALK._replace(
        sequence=1, starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, minutes=45)
    )
    mails = [invitation(TALK), invitation(moved), cancellation(moved._replace(sequence=2))]
    diary = Diary()
    seen = []
    for mail in mails:
        diary.take(mail)
        seen.append(diary.events)
    assert seen == [
        [(TALK.starts_at, TALK.ends_at, TALK.summary)],
        [(moved.starts_at, moved.ends_at, TALK.summary)],
        [],
    ]
    late = Diary()
    for mail in (mails[2], mails[0], mails[1]):
        late.take(mail)
    assert late.events == []


def test_a_cancellation_says_so_twice():
    calendar = lawful(cancellation(TALK))
    assert calendar["METHOD"].value == "CANCEL"
    assert calendar.components[0]["STATUS"].value == "CANCELLED"
    assert calendar.components[0]["ATTENDEE"].value == "mailto:ada@example.org"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["summary", "description", "location", "name"])
def test_what_people_type_stays_within_its_line(field, text):
    hostile = TALK._replace(**{field: text} if field != "name" else {"attendee": Mailbox("ada@example.org", text)})
    harmless = TALK._replace(**{field: "x"} if field != "name" else {"attendee": Mailbox("ada@example.org", "x")})
    for write in (invitation, cancellation, lambda talk: download(talk, timedelta(minutes=15))):
        found, expected = event_in(write(hostile)), event_in(write(harmless))
        names = {each.name for each in found.properties}
        assert {each.name for each in expected.properties} - names <= ({field.upper()} if not text.strip() else set())
        assert names <= {each.name for each in expected.properties}
        assert [each.value for each in found.all("ATTENDEE")] == [each.value for each in expected.all("ATTENDEE")]
        [parsed] = icalendar.Calendar.from_ical(write(hostile)).walk("VEVENT")
        assert parsed.errors == []


def test_a_text_comes_out_as_it_was_typed():
    typed = 'Ada, PhD; MD: "the \\ first" \\n \\, 会話 👩‍⚕️ ' * 5
    event = event_in(invitation(TALK._replace(summary=typed, description=f"{typed}\n\n{typed}\n")))
    assert event["SUMMARY"].text == typed.strip()
    assert event["DESCRIPTION"].text == f"{typed}\n\n{typed}".strip()


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("o'neil+tag@example.org", "o'neil+tag@example.org"),
        ("50%?cc=eve#@example.org", "50%25%3Fcc=eve%23@example.org"),
    ],
)
def test_an_address_is_no_more_than_an_address(address, written):
    event = event_in(invitation(TALK._replace(attendee=Mailbox(address))))
    assert event["ATTENDEE"].value == f"mailto:{written}"


def test_a_private_appointment_does_not_say_whose_it_is():
    private = TALK._replace(summary="Appointment", description="See your mail.", location="Room 4", is_private=True)
    for file in (invitation(private), cancellation(private), download(private, timedelta(minutes=15))):
        assert event_in(file)["CLASS"].value == "PRIVATE"
        for word in ("Developing", "coach", "onsult", "Rivera", "/coaching"):
            assert word not in file.replace("\r\n ", "")
    assert "CLASS" not in event_in(invitation(TALK))


def test_the_file_to_download_rings_and_names_no_attendee():
    event = event_in(download(TALK, timedelta(minutes=15)))
    assert "ATTENDEE" not in event
    [alarm] = event.within("VALARM")
    assert {each.name: each.value for each in alarm.properties} == {
        "ACTION": "DISPLAY",
        "TRIGGER": "-PT15M",
        "DESCRIPTION": TALK.summary,
    }


def test_a_feed_holds_them_all_and_says_how_often_to_look():
    held = TALK._replace(uid="held@doctor.example.org", status=STATUS.TENTATIVE, summary="Held: Grace Hopper")
    calendar = lawful(feed([TALK, held], "Consultations, Jordan Rivera"))
    states = {event["UID"].value: event["STATUS"].value for event in calendar.components}
    assert states == {TALK.uid: "CONFIRMED", held.uid: "TENTATIVE"}
    assert calendar["METHOD"].value == "PUBLISH"
    assert calendar["X-WR-CALNAME"].text == calendar["NAME"].text == "Consultations, Jordan Rivera"
    assert calendar["REFRESH-INTERVAL"].parameters == {"VALUE": "DURATION"}
    assert calendar["REFRESH-INTERVAL"].value == calendar["X-PUBLISHED-TTL"].value == "PT15M"


def test_a_feed_may_be_empty_and_is_the_same_each_time():
    assert lawful(feed([], "Consultations")).components == []
    assert feed([TALK], "Consultations") == feed([TALK], "Consultations")
