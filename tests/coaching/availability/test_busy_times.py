"""A coach's own calendar keeps times from being booked; while it cannot be read, the last good copy does."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.coaching.availability import busy_times, tasks
from app.coaching.availability.busy_feed import BadFeed
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import BusyTime, Coach
from app.coaching.booking.diary import Diary
from app.extensions import db

OWNER = "owner@doctor.example.org"
SLOT = "2026-12-02T01:30Z"


def calendar(*events):
    lines = [
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTART:{start}\nDURATION:PT1H\nEND:VEVENT\n"
        for start, uid in (event if isinstance(event, tuple) else (event, event) for event in events)
    ]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(lines)}END:VCALENDAR\n".encode()


class Feed:
    """The coach's own calendar, on a server that speaks TLS."""

    def __init__(self, web, coach):
        self.web, self.coach_id = web, coach.id
        self.says("20261202T013000Z")

    @property
    def url(self):
        return f"https://shop.example.org:{self.web.port}/cal.ics"

    def says(self, *events):
        self.web.answers["/cal.ics"], self.web.bodies["/cal.ics"] = 200, calendar(*events)

    def is_gone(self):
        self.web.answers["/cal.ics"] = 404

    @property
    def coach(self):
        db.session.rollback()
        return db.session.get_one(Coach, self.coach_id, populate_existing=True)

    @property
    def known(self):
        db.session.rollback()
        return [f"{each.starts_at:%m-%d %H:%M}" for each in db.session.scalars(select(BusyTime).order_by("starts_at"))]


@pytest.fixture
def feed(coach, web, tmp_path, monkeypatch):
    """It is watched, and not looked at yet."""
    monkeypatch.setenv("SSL_CERT_FILE", str(web.use_tls(tmp_path)))
    feed = Feed(web, coach)
    coach.busy_feed_url = feed.url  # Its port is one that nobody may give.
    db.session.commit()
    return feed


@pytest.fixture
def sweep(work):
    def run():
        tasks.sweep_busy_feeds.call_local()
        work()

    return run


def test_what_the_coachs_calendar_says_cannot_be_booked(feed, sweep, book):
    sweep()
    assert feed.known == ["12-02 01:30"]
    assert book().status_code == 409
    assert book(slot="2026-12-03T13:00Z").status_code == 303
    assert feed.coach.busy_feed_good_at == feed.coach.busy_feed_checked_at
    assert feed.coach.busy_feed_problem == ""


def test_it_is_looked_at_every_quarter_of_an_hour(feed, sweep, clock):
    sweep()
    feed.says("20261204T100000Z", "20261205T100000Z")
    clock.advance(minutes=14)
    sweep()
    assert len(feed.web.asked) == 1
    clock.advance(minutes=1)
    sweep()
    assert feed.known == ["12-04 10:00", "12-05 10:00"]


def test_the_last_good_copy_stays_and_the_trouble_is_told(feed, sweep, clock, book):
    sweep()
    good_at = feed.coach.busy_feed_good_at
    for trouble in (feed.is_gone, lambda: feed.web.answers.update({"/cal.ics": 200})):
        trouble()
        feed.web.bodies["/cal.ics"] = b"<html>Sign in"
        clock.advance(minutes=15)
        sweep()
        assert feed.known == ["12-02 01:30"]
        assert "could not be read" in feed.coach.busy_feed_problem
    assert "web page" in feed.coach.busy_feed_problem
    assert feed.coach.busy_feed_good_at == good_at < feed.coach.busy_feed_checked_at
    assert book().status_code == 409


def test_the_owner_is_told_once_when_it_fails_for_a_day(feed, sweep, clock, mail):
    feed.is_gone()
    for _ in range(3):
        sweep()
        clock.advance(hours=8)
    assert mail.to(OWNER, "coaching/busy_feed_failing") == []
    for _ in range(9):
        sweep()
        clock.advance(hours=8)
    told = mail.to(OWNER, "coaching/busy_feed_failing")
    assert len(told) == 1
    assert "Robin Park" in told[0].subject
    assert "nothing is there (404)" in told[0].body
    assert "nothing is there (404)" in told[0].html


def test_after_a_good_look_the_owner_is_told_of_the_next_trouble(feed, sweep, clock, mail):
    for _ in range(2):
        feed.is_gone()
        sweep()
        clock.advance(days=1)
        sweep()
        feed.says()
        clock.advance(hours=1)
        sweep()
        assert feed.coach.busy_feed_problem == ""
        assert feed.coach.busy_feed_failing_since is None
        clock.advance(hours=1)
    assert len(mail.to(OWNER, "coaching/busy_feed_failing")) == 2


def test_an_event_that_repeats_too_often_is_told_of_and_the_last_good_copy_stays(feed, sweep, clock, book):
    sweep()
    odd = calendar("20261203T130000Z").replace(b"DURATION:PT1H", b"DURATION:PT1M\nRRULE:FREQ=MINUTELY")
    feed.web.bodies["/cal.ics"] = odd
    clock.advance(minutes=15)
    sweep()
    assert feed.known == ["12-02 01:30"]
    assert "begins on December 3, 2026" in feed.coach.busy_feed_problem
    assert book().status_code == 409


@pytest.mark.parametrize("address", ["robin@doctor.example.org", ""])
def test_what_the_coach_declined_can_be_booked(feed, sweep, book, address):
    feed.coach.email = address
    db.session.commit()
    declined = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{address or OWNER}\nEND:VEVENT"
    feed.web.bodies["/cal.ics"] = calendar("20261202T013000Z").replace(b"END:VEVENT", declined.encode())
    sweep()
    assert feed.known == []
    assert book().status_code == 303


def test_consultations_of_ours_do_not_stand_in_their_own_way(feed, sweep, book, consultations):
    assert book().status_code == 303
    [consultation] = consultations()
    feed.says(("20261202T013000Z", consultation.uid), "20261203T130000Z")
    sweep()
    assert feed.known == ["12-03 13:00"]


def test_a_booking_stands_though_the_calendar_says_busy_later(feed, sweep, book, consultations):
    assert book().status_code == 303
    sweep()
    assert feed.known == ["12-02 01:30"]
    assert [consultation.state for consultation in consultations()] == ["booked"]


def test_looking_now_does_not_wait_but_two_clicks_look_once(feed, sweep, clock, work):
    sweep()
    feed.says()
    clock.advance(minutes=1)
    for _ in range(2):
        tasks.look_soon(feed.coach)
        db.session.commit()
    work()
    assert feed.known == []
    assert len(feed.web.asked) == 2


def test_two_workers_look_once(app, feed):
    ready = threading.Barrier(4)
    db.session.rollback()

    def run():
        with app.app_context():
            ready.wait()
            tasks.look_at_busy_feeds.call_local()
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(feed.web.asked) == 1
    assert feed.known == ["12-02 01:30"]


def test_a_look_that_another_one_overtook_is_not_kept(feed, clock):
    first = busy_times.Look.begin(feed.coach_id, unless_within=timedelta(0))
    clock.advance(minutes=1)
    second = busy_times.Look.begin(feed.coach_id, unless_within=timedelta(0))
    second.keep([])
    db.session.commit()
    first.keep([first.between])
    first.fail("Too late.")
    db.session.commit()
    assert feed.known == []
    assert feed.coach.busy_feed_problem == ""


def test_another_address_or_none_drops_what_the_old_one_said(feed, sweep):
    sweep()
    coach = feed.coach
    begun = busy_times.Look.begin(coach.id, unless_within=timedelta(0))
    assert coach.watch_busy_feed("webcal://calendar.example.org/x.ics")
    db.session.commit()
    assert feed.known == []
    assert feed.coach.busy_feed_url == "https://calendar.example.org/x.ics"
    assert feed.coach.busy_feed_good_at is None
    begun.keep([begun.between])  # It was under way.
    assert feed.known == []
    assert not feed.coach.watch_busy_feed(" https://calendar.example.org/x.ics ")
    assert feed.coach.watch_busy_feed("")
    db.session.commit()
    assert feed.coach.busy_feed_url == ""


def test_an_address_that_cannot_be_changes_nothing(feed, sweep):
    sweep()
    with pytest.raises(BadFeed, match="https"):
        feed.coach.watch_busy_feed("http://calendar.example.org/x.ics")
    assert feed.known == ["12-02 01:30"]
    assert feed.coach.busy_feed_url == feed.url


def test_nobody_looks_for_a_coach_who_has_stopped_or_has_no_calendar(feed, sweep):
    coach = feed.coach
    coach.is_active = False
    db.session.commit()
    sweep()
    coach = feed.coach
    coach.is_active, coach.busy_feed_url = True, ""
    db.session.commit()
    sweep()
    assert feed.web.asked == []


def test_others_write_while_the_calendar_is_asked(app, feed):
    def write():
        with app.app_context():
            db.session.execute(update(Coach).values(position=7))
            db.session.commit()

    feed.web.while_asked = write
    tasks.look_at_busy_feed.call_local(feed.coach_id)
    assert feed.coach.position == 7
    assert feed.known == ["12-02 01:30"]


def test_a_calendar_is_read_as_far_as_can_be_booked(feed, sweep, clock):
    window = feed.coach.booking_window_days
    edge = clock.time + timedelta(days=window)
    far = edge + busy_times.BEYOND + timedelta(hours=1)
    feed.says(*(f"{moment:%Y%m%dT%H%M%SZ}" for moment in (clock.time - timedelta(days=3), edge, far)))
    sweep()
    assert feed.known == [f"{edge:%m-%d %H:%M}"]


def test_a_broken_calendar_keeps_no_other_from_being_read(feed, sweep):
    other = Coach(slug="second", name="Sam Lee", time_zone="Europe/Berlin")
    other.busy_feed_url = f"https://nowhere.example.org:{feed.web.port}/cal.ics"
    db.session.add(other)
    db.session.commit()
    sweep()
    assert feed.known == ["12-02 01:30"]
    db.session.refresh(other)
    assert "no such site" in other.busy_feed_problem


def test_free_times_leave_out_what_is_busy(feed, sweep):
    kind = db.session.scalars(select(ConsultationKind).where(ConsultationKind.is_active)).first()
    before = Diary.read(kind, Coach.active())[0].free()
    sweep()
    assert len(Diary.read(kind, Coach.active())[0].free()) < len(before)
