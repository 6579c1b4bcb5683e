"""Who has a place is e-mailed, once, when a session is moved, called off, set again or has another place."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.classroom.live.tasks import remind_of_sessions, tell_of_sessions
from app.classroom.live.telling import SessionNews, tell_some
from app.clock import now
from app.enrollment.live_sessions import LiveSession
from app.enrollment.orders import Order
from app.extensions import db
from app.outbox import Email
from app.people.models import Person
from tests.classroom.conftest import enroll
from tests.classroom.live.test_sessions import ADA, JOIN, session
from tests.races import at_once, fresh_rows, in_thread, nth, stopped_before, wait_until_blocked

__all__ = ["session"]  # A fixture: on Tuesday, December 1, at noon in New York.
GRACE = "grace@example.org"
NOON, TWO = "Tuesday, December 1, 2026, 12:00 PM EST", "Tuesday, December 1, 2026, 2:00 PM EST"


def move(session: LiveSession, place: str = JOIN, **by: float) -> None:
    """So much later than it was set for at first."""
    at = session.starts_at + timedelta(**by)
    _change(lambda row: row.change(at, 90, place))


def call_off() -> None:
    _change(lambda row: row.cancel())


def _change(verb: Callable[[LiveSession], object]) -> None:
    with fresh_rows():
        verb(db.session.scalars(select(LiveSession).where(LiveSession.title.startswith("Terms"))).one())
        db.session.commit()


def tell() -> None:
    with fresh_rows():
        tell_of_sessions.call_local()


def send(**how: object) -> None:
    """What is written reaches its readers, or gets as far as `how` says."""
    with fresh_rows():
        db.session.execute(update(Email).where(Email.is_due()).values(how or {"sent_at": now()}))
        db.session.commit()


def due_subjects() -> list[str]:
    with fresh_rows():
        return list(db.session.scalars(select(Email.subject).where(Email.is_due())))


def test_all_who_have_a_place_are_told_on_their_own_clocks_and_nobody_on_hold_or_gone(app, session, cohort, mail):
    enroll(GRACE, cohort)
    enroll("held@example.org", cohort)
    enroll("gone@example.org", cohort, ended_at=now())
    with fresh_rows():
        Person.at(GRACE).time_zone = "Europe/London"
        held = select(Order).join(Order.person).where(Person.email == "held@example.org")
        db.session.scalars(held).one().dispute_status = "needs_response"
        db.session.commit()
    move(session, hours=2)
    assert mail.all == []
    db.session.rollback()

    def post(_: int) -> None:
        with app.app_context():
            tell_of_sessions.call_local()

    at_once(3, post)
    assert sorted(mail.recipients) == [ADA, GRACE]
    [to_ada], [to_grace] = mail.to(ADA), mail.to(GRACE)
    assert to_ada.subject == f"Moved: Terms, now {TWO}"
    assert to_grace.subject == "Moved: Terms, now Tuesday, December 1, 2026, 7:00 PM GMT"
    for text in (to_ada.body, to_ada.html):
        assert all(said in text for said in (NOON, TWO, JOIN, "http://localhost:8000/learn/sessions"))


def test_who_lost_their_place_before_the_mail_was_written_gets_none(session, cohort, mail):
    place = enroll(GRACE, cohort)
    move(session, hours=2)
    with fresh_rows():
        db.session.get_one(type(place), place.id).ended_at = now()
        db.session.commit()
    tell()
    assert mail.recipients == [ADA]


def test_one_that_is_called_off_and_one_that_takes_place_after_all_are_told(session, mail):
    call_off()
    tell()
    send()
    move(session)
    tell()
    assert [letter.subject for letter in mail.to(ADA)] == [f"Cancelled: Terms, {NOON}", f"After all: Terms, {NOON}"]
    off, on = mail.to(ADA)
    assert "is cancelled" in off.body and JOIN not in off.body
    assert "takes place after all" in on.body and "It was set for" not in on.body


@pytest.mark.parametrize("back", [True, False])
def test_of_changes_that_follow_each_other_at_once_the_last_is_told_and_none_that_changes_nothing(session, mail, back):
    move(session, hours=5)
    call_off()
    move(session, hours=0 if back else 2)
    tell()
    assert [letter.subject for letter in mail.all] == ([] if back else [f"Moved: Terms, now {TWO}"])
    if not back:
        assert NOON in mail.all[0].body


@pytest.mark.parametrize(
    ("place", "subject", "said"),
    [
        (f"{JOIN}/2", "New link", f"Join: {JOIN}/2"),
        ("Room 4", "New place", "Where: Room 4"),
        ("", "No place yet", "Where: No place is set yet. It will stand in the classroom"),
    ],
)
def test_another_place_is_told_until_it_is_over(session, mail, clock, place, subject, said):
    clock.time = session.starts_at - timedelta(hours=20)
    remind_of_sessions.call_local()
    clock.time = session.starts_at + timedelta(minutes=89)
    move(session, place=place)
    tell()
    remind_of_sessions.call_local()
    reminder, news = mail.to(ADA)
    assert db.session.scalars(select(Email.id).where(Email.is_due())).all() == [news.id] != [reminder.id]
    assert news.subject == f"{subject}: Terms, {NOON}"
    assert said in news.body and "set for" not in news.body + news.html
    assert all(("another place" in words) is (subject == "New place") for words in (news.body, news.html))
    clock.advance(minutes=1)
    move(session, place=JOIN)
    tell()
    assert len(mail.all) == 2


def test_a_place_that_was_changed_and_changed_back_and_one_called_off_again_meanwhile_are_no_news(session, mail):
    move(session, place="Room 4")
    move(session)
    assert db.session.scalars(select(SessionNews)).all() == []
    call_off()
    tell()
    send()
    move(session, place="Room 4")
    call_off()
    assert db.session.scalars(select(SessionNews)).all() == []
    tell()
    assert [letter.subject for letter in mail.all] == [f"Cancelled: Terms, {NOON}"]


@pytest.mark.parametrize(
    ("was_place", "place"), [("", JOIN), (JOIN, f"{JOIN}/2"), (JOIN, "Room 4")], ids=["first", "link", "room"]
)
def test_who_was_not_told_yet_that_it_moved_is_told_with_the_new_place(session, mail, was_place, place):
    with fresh_rows():
        db.session.get_one(LiveSession, session.id).place = was_place
        db.session.commit()
    move(session, place=was_place, hours=2)
    tell()
    move(session, place=place, hours=2)
    tell()
    assert due_subjects() == [f"Moved: Terms, now {TWO}"]
    send()
    move(session, place=place)
    tell()
    _, news, back = mail.to(ADA)
    assert NOON in news.body and f"{'Join' if 'https' in place else 'Where'}: {place}" in news.body
    assert f"It was set for: {TWO}" in back.body


@pytest.mark.parametrize(
    ("was_place", "first"),
    [(JOIN, lambda session: move(session, hours=2)), (JOIN, lambda _: call_off()), ("", lambda _: call_off())],
)
def test_of_what_was_taken_back_before_it_was_sent_nobody_is_told(session, mail, was_place, first):
    with fresh_rows():
        db.session.get_one(LiveSession, session.id).place = was_place
        db.session.commit()
    first(session)
    tell()
    move(session)
    assert SessionNews.readers(session) == 0
    tell()
    assert due_subjects() == [] and len(mail.all) == 1


def test_a_mail_that_was_never_sent_is_not_told_anew_once_it_is_over_but_is_when_it_is_set_for_another_day(
    session, mail, clock
):
    move(session, hours=2)
    tell()
    clock.time = session.starts_at + timedelta(hours=4)
    move(session, place="Room 4", hours=2)
    with fresh_rows():
        assert SessionNews.readers(session) == 0
    move(session, days=7)
    tell()
    assert due_subjects() == ["Moved: Terms, now Tuesday, December 8, 2026, 12:00 PM EST"]
    _, news = mail.to(ADA)
    assert f"It was set for: {NOON}" in news.body


@pytest.mark.parametrize("how", [{"claimed_by": "worker"}, {"unanswered": 1}])
def test_who_may_have_the_mail_that_it_moved_is_told_that_it_moved_back_or_else_once_more_that_it_moved(
    session, mail, how
):
    move(session, hours=2)
    tell()
    send(**how)
    move(session, place="Room 4", hours=2)
    tell()
    assert due_subjects() == [f"Moved: Terms, now {TWO}"]
    send(**how)
    move(session)
    tell()
    assert due_subjects() == [f"Moved: Terms, now {NOON}"]


def test_a_first_place_is_told_by_a_reminder(session, mail, clock):
    clock.time = session.starts_at - timedelta(hours=20)
    with fresh_rows():
        db.session.get_one(LiveSession, session.id).place = ""
        db.session.commit()
    remind_of_sessions.call_local()
    move(session)
    tell()
    remind_of_sessions.call_local()
    without, with_place = mail.to(ADA, "classroom/session_tomorrow")
    assert JOIN in with_place.body and JOIN in with_place.html
    for words in (without.body, without.html):
        assert JOIN not in words and "No place is set yet. It will stand in the classroom" in words
    assert len(mail.all) == 2


def test_nobody_is_told_of_a_new_title_or_of_what_is_called_off_once_it_has_begun(session, mail, clock):
    _change(lambda row: row.change(row.starts_at, 60, JOIN, "Terms and words"))
    clock.time = session.starts_at
    call_off()
    tell()
    assert mail.all == []
    move(session, days=7)
    tell()
    assert len(mail.all) == 1


def test_a_worker_that_dies_leaves_all_to_the_next(session, mail):
    call_off()
    with fresh_rows():
        tell_some()
        db.session.rollback()
    assert mail.all == []
    tell()
    tell()
    assert len(mail.all) == 1


# SQLite has one writer at a time: no session is moved while a reminder of it is being written.
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["INSERT INTO session_reminder", "INSERT INTO email"])
def test_one_that_is_moved_while_it_is_reminded_of_leaves_no_reminder_of_the_time_before(
    app, session, mail, clock, statement
):
    clock.time, at = session.starts_at - timedelta(hours=20), session.starts_at + timedelta(hours=2)
    db.session.rollback()
    outcomes: dict[str, object] = {}

    def in_app(deed: Callable[[], None]) -> None:
        with app.app_context():
            deed()

    with stopped_before("before_cursor_execute", "reminder", nth(1, statement)) as turnstile:
        reminder = in_thread("reminder", lambda: in_app(remind_of_sessions.call_local), outcomes)
        assert turnstile.arrived.wait(30)
        mover = in_thread("mover", lambda: in_app(lambda: _change(lambda row: row.change(at, 90, JOIN))), outcomes)
        if "email" in statement:
            wait_until_blocked()
        else:
            mover.join()
        turnstile.open.set()
        reminder.join()
        mover.join()
    assert outcomes == {"reminder": None, "mover": None}
    remind_of_sessions.call_local()
    is_reminder = Email.template == "classroom/session_tomorrow"
    [due] = db.session.scalars(select(Email).where(Email.is_due(), is_reminder)).all()
    assert TWO in due.body


def test_one_called_off_and_set_again_for_the_same_time_is_reminded_again(session, mail, clock):
    clock.time = session.starts_at - timedelta(hours=20)
    for _ in range(2):
        remind_of_sessions.call_local()
    call_off()
    move(session)
    for _ in range(2):
        remind_of_sessions.call_local()
    first, second = mail.to(ADA, "classroom/session_tomorrow")
    assert first.subject == second.subject
    assert db.session.scalars(select(Email.id).where(Email.is_due())).all() == [second.id]


@pytest.mark.parametrize("how", [{"claimed_by": "worker"}, {"unanswered": 1}])
def test_who_may_have_read_of_a_change_is_told_however_it_ends(session, mail, how):
    call_off()
    tell()
    send(**how)  # That it is off is in hand, and may reach her.
    move(session, place="Room 4")
    move(session)
    tell()
    assert due_subjects() != []
