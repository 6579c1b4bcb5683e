"""Coaches: who they are, and when they talk."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.coaching.availability import content
from app.coaching.availability.models import BusyTime, Coach
from app.extensions import db, queue
from app.publishing import ContentVersion
from tests.studio import factories
from tests.studio.week_editor import hours

SETTINGS = {
    "name": "Sam Second",
    "email": "",
    "time_zone": "America/Chicago",
    "location": "https://talk.example.org/sam",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "15",
    "minimum_notice_hours": "24",
    "booking_window_days": "60",
    "most_per_day": "",
    "most_per_week": "",
}
# The clock says 2026-11-23 09:00 UTC, a Monday. This is a Wednesday, 10:00 in New York.
AT = datetime(2026, 12, 2, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(clock):
    return clock


def version():
    return db.session.scalar(select(ContentVersion.number))


def test_a_coach_is_added_and_changed(send, app):
    before = version()
    assert send("/coaches", **SETTINGS).status_code == 303
    coach = db.session.scalars(select(Coach)).one()
    assert (coach.slug, coach.time_zone, coach.most_per_day) == ("sam-second", "America/Chicago", None)
    assert coach.is_active
    assert version() > before  # Public pages name coaches.
    before = version()
    changed = {"name": "Sam", "most_per_day": "3", "email": "Sam@Example.org", "buffer_before_minutes": "10"}
    assert send(f"/coaches/{coach.id}/settings", **SETTINGS | changed).status_code == 303
    assert (coach.name, coach.most_per_day, coach.address, coach.buffer_before_minutes) == (
        "Sam",
        3,
        "sam@example.org",
        10,
    )
    assert coach.slug == "sam-second"
    assert version() > before


def test_two_of_one_name_have_addresses_of_their_own(send, app):
    send("/coaches", **SETTINGS)
    send("/coaches", **SETTINGS)
    assert db.session.scalars(select(Coach.slug).order_by(Coach.id)).all() == ["sam-second", "sam-second-2"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Say what the coach is called"),
        ({"email": "nope"}, "address"),
        ({"time_zone": "Mars/Olympus"}, "Choose one of the time zones"),
        ({"buffer_after_minutes": "7"}, "write 5 or 10"),
        ({"buffer_after_minutes": "many"}, "whole number in digits"),
        ({"buffer_after_minutes": ""}, "Write a number from 0 to 240"),
        ({"minimum_notice_hours": "-1"}, "Write a number from 0 to 720"),
        ({"booking_window_days": "366"}, "Write a number from 1 to 365"),
        ({"most_per_week": "0"}, "Write a number from 1 to 100"),
    ],
)
def test_what_cannot_be_is_explained_and_nothing_typed_is_lost(send, app, wrong, words):
    answer = send("/coaches", **SETTINGS | {"location": "Room 12"} | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Room 12" in answer.text
    assert not db.session.scalars(select(Coach)).all()


def test_a_coach_who_is_off_cannot_be_booked_and_what_is_booked_stands(send, owner, robin, client):
    asked = factories.booked("ada@example.org", robin, AT)
    db.session.commit()
    before = version()
    assert "One consultation stands" in owner.get(f"/studio/coaches/{robin.id}").text
    send(f"/coaches/{robin.id}/deactivation")
    assert Coach.active() == []
    assert asked.state == "booked"
    assert version() > before
    send(f"/coaches/{robin.id}/activation")
    assert Coach.active() == [robin]


def at_home(**changed):
    return SETTINGS | {"name": "Robin Park", "time_zone": "America/New_York", "location": "Room 1"} | changed


@pytest.fixture
def standing(send, robin):
    """Two that are booked, one of them cancelled, and one that is over, with a coach in Room 1."""
    send(f"/coaches/{robin.id}/settings", **at_home())
    factories.offer()
    factories.booked("ada@example.org", robin, AT)
    factories.booked("grace@example.org", robin, AT + timedelta(days=1)).cancel()
    factories.booked("lin@example.org", robin, datetime(2026, 11, 23, 8, tzinfo=UTC))
    db.session.commit()


def test_another_place_is_told_to_all_whom_it_concerns(send, standing, robin, mail):
    answer = send(f"/coaches/{robin.id}/settings", **at_home(location="https://talk.example.org/robin"))
    assert answer.status_code == 303
    [to_ada], [to_coach] = mail.to("ada@example.org"), mail.to("owner@doctor.example.org")
    assert (to_ada.template, to_coach.template) == ("coaching/consultation_elsewhere", "coaching/booking_elsewhere")
    for email in (to_ada, to_coach):
        assert email.calendar_method == "REQUEST"
        assert "SEQUENCE:1" in email.calendar
        assert "LOCATION:https://talk.example.org/robin" in email.calendar
        assert "https://talk.example.org/robin" in email.body
        assert "https://talk.example.org/robin" in email.html
    assert len(mail.all) == 2


def test_another_address_of_the_coach_gets_what_is_booked_and_the_old_one_loses_it(send, standing, robin, mail):
    send(f"/coaches/{robin.id}/settings", **at_home(email="robin@example.org"))
    [to_old], [to_new] = mail.to("owner@doctor.example.org"), mail.to("robin@example.org")
    assert (to_old.calendar_method, to_new.calendar_method) == ("CANCEL", "REQUEST")
    assert "robin@example.org" not in to_old.calendar
    assert "SEQUENCE:1" in to_old.calendar
    assert "SEQUENCE:1" in to_new.calendar
    assert mail.to("ada@example.org") == []


def test_another_place_in_a_file_is_told_in_the_same_way(standing, robin, mail, tmp_path):
    content.export_to(tmp_path)
    file = tmp_path / "coaching" / "coaches" / f"{robin.slug}.md"
    content.import_from(tmp_path)
    assert mail.all == []
    file.write_text(file.read_text().replace("location: Room 1", "location: Room 2"))
    content.import_from(tmp_path)
    db.session.commit()
    [to_ada], [to_coach] = mail.to("ada@example.org"), mail.to("owner@doctor.example.org")
    assert (to_ada.template, to_coach.template) == ("coaching/consultation_elsewhere", "coaching/booking_elsewhere")
    assert "SEQUENCE:1" in to_ada.calendar
    assert "LOCATION:Room 2" in to_ada.calendar
    assert len(mail.all) == 2


def test_what_changes_neither_place_nor_address_is_told_to_nobody(send, standing, robin, mail):
    send(f"/coaches/{robin.id}/settings", **at_home(name="Robin", most_per_day="2"))
    assert mail.all == []


def test_coaches_change_places(send, robin):
    second = factories.coach("Sam Second", position=2)
    db.session.commit()
    send(f"/coaches/{second.id}/position", direction="up")
    assert Coach.active() == [second, robin]
    send(f"/coaches/{second.id}/position", direction="up")
    assert Coach.active() == [second, robin]


def test_a_new_calendar_address_ends_the_old_one(send, owner, client, robin):
    def address():
        return re.search(
            r'id="address" value="[^"]*(/coaching/calendars/[^"]+)"',
            owner.get(f"/studio/coaches/{robin.id}/calendars").text,
        )[1]

    old = address()
    assert client.get(old).status_code == 200
    send(f"/coaches/{robin.id}/calendars/address")
    assert client.get(old).status_code == 404
    assert client.get(address()).status_code == 200


FEED = "https://calendar.example.org/robin.ics"


def test_a_busy_calendar_is_watched_and_forgotten(send, owner, robin):
    path = f"/coaches/{robin.id}/calendars"
    send(f"{path}/busy", busy_feed_url="webcal://calendar.example.org/robin.ics")
    assert robin.busy_feed_url == FEED
    [task] = queue.pending()
    assert task.args == (robin.id,)
    assert "Not read yet" in owner.get(f"/studio{path}").text
    db.session.add(BusyTime(coach_id=robin.id, starts_at=AT, ends_at=AT + timedelta(hours=1)))
    robin.busy_feed_checked_at, robin.busy_feed_problem = AT, "Nobody answers there."
    robin.busy_feed_good_at = AT - timedelta(hours=1)
    db.session.commit()
    page = owner.get(f"/studio{path}").text
    assert "Nobody answers there." in page
    assert "Dec 2, 2026, 10:00 AM EST" in page
    assert "Dec 2, 2026, 9:00 AM EST: it counts until" in page
    send(f"{path}/busy/removal")
    assert robin.busy_feed_url == ""
    assert not db.session.scalars(select(BusyTime)).all()


def test_a_busy_calendar_is_read_when_asked_to(send, robin):
    robin.busy_feed_url = FEED
    db.session.commit()
    send(f"/coaches/{robin.id}/calendars/busy/reading")
    assert [task.args for task in queue.pending()] == [(robin.id,)]


@pytest.mark.parametrize(
    ("url", "words"), [("http://a.example.org/x.ics", "https://"), ("https://10.0.0.1/x.ics", "private"), ("", "Paste")]
)
def test_a_busy_calendar_that_cannot_be_is_refused(send, robin, url, words):
    answer = send(f"/coaches/{robin.id}/calendars/busy", busy_feed_url=url)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{url}"' in answer.text
    assert (robin.busy_feed_url, queue.pending()) == ("", [])


def test_what_is_edited_here_survives_an_export_and_import(send, robin, tmp_path):
    send(f"/coaches/{robin.id}/settings", **SETTINGS | {"most_per_week": "5", "email": "robin@example.org"})
    send(f"/coaches/{robin.id}/hours", **hours((2, ["22:00"], ["02:00"])))
    send(f"/coaches/{robin.id}/dates", sort="blocked", first="2026-12-21", whole_day="y")
    send(f"/coaches/{robin.id}/deactivation")
    columns = [column.key for column in Coach.__table__.columns]
    before = [getattr(robin, column) for column in columns], robin.week, [row.hours for row in robin.date_overrides]
    content.export_to(tmp_path)
    robin.name, robin.weekly_hours, robin.date_overrides, robin.is_active = "Changed", [], [], True
    db.session.commit()
    content.import_from(tmp_path)
    db.session.commit()
    after = [getattr(robin, column) for column in columns], robin.week, [row.hours for row in robin.date_overrides]
    assert after == before
