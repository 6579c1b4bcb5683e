"""A consultation that took place, or was missed: what is over, what begins."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.coaching.completing import complete, miss, reopen
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver, NotBegun
from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep
from app.followups.tasks import send_due_steps


@pytest.fixture
def afterwards(offer):
    for name, starts_on in (("afterwards", "consultation completed"), ("missed", "consultation missed")):
        step = SequenceStep(position=1, slug="after", subject="After", delay_hours=24, body="See {manage_url}")
        stops = ["consultation requested"]
        after = {"title": "A", "purpose": "coaching", "start_tag": "", "stops_on": stops, "steps": [step]}
        db.session.add(Sequence(name=name, starts_on=starts_on, **after))
    db.session.commit()


@pytest.fixture
def begun(afterwards, book, consultations, frozen):
    """What Ada booked, a minute after it began."""
    book()
    (consultation,) = consultations()
    frozen.time = consultation.starts_at + timedelta(minutes=1)
    return Consultation.for_update(consultation.id)


def runs():
    db.session.expire_all()
    found = db.session.scalars(db.select(SequenceRun).order_by(SequenceRun.id))
    return [(run.sequence.name, run.stop_reason, run.next_at is not None) for run in found]


def test_what_follows_the_request_ends_and_what_follows_the_consultation_begins(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    assert complete(consultation)
    db.session.commit()
    assert (consultation.state, consultation.completed_at) == ("completed", now())
    assert runs() == [
        ("consultation-requested", "the consultation took place", False),
        ("afterwards", "", True),
    ]
    assert db.session.scalars(db.select(SequenceRun.values)).all()[1]["manage_url"].startswith("http://localhost:8000/")


def test_noting_it_twice_begins_nothing_twice(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    assert complete(consultation)
    assert not complete(consultation)
    assert len(runs()) == 2


def test_neither_can_be_noted_of_what_is_still_to_come(afterwards, book, consultations):
    book()
    (consultation,) = consultations()
    for note in (complete, miss):
        with pytest.raises(NotBegun):
            note(consultation)
    assert consultation.state == "booked"


def test_what_was_never_booked_cannot_have_been_missed(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    with pytest.raises(NotBegun):
        miss(consultation)


def test_what_was_arranged_otherwise_can_have_taken_place_and_frees_what_was_held(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    complete(consultation)
    db.session.commit()
    assert consultation.reserved_times == []


def test_a_missed_one_begins_its_own_letters_once(begun):
    assert miss(begun)
    assert not miss(begun)
    db.session.commit()
    assert (begun.state, begun.no_show_at) == ("no-show", now())
    assert runs() == [("consultation-requested", "the consultation was missed", False), ("missed", "", True)]
    with pytest.raises(AlreadyOver):
        complete(begun)


def test_what_was_noted_by_mistake_is_taken_back_with_what_followed(begun):
    miss(begun)
    assert reopen(begun)
    assert not reopen(begun)
    assert begun.state == "booked"
    complete(begun)
    db.session.commit()
    assert runs() == [("consultation-requested", "the consultation was missed", False), ("afterwards", "", True)]
    reopen(begun)
    complete(begun)
    assert runs()[-1] == ("afterwards", "", True)


def test_letters_that_were_written_stay_written_when_it_is_taken_back(begun, frozen, work, mail):
    complete(begun)
    db.session.commit()
    frozen.advance(hours=24)
    send_due_steps.call_local()
    assert len(mail.to("ada@example.org", "followups/step")) == 1
    reopen(begun)
    complete(begun)
    db.session.commit()
    frozen.advance(hours=48)
    send_due_steps.call_local()
    assert len(mail.to("ada@example.org", "followups/step")) == 1


def test_booking_again_ends_what_followed(begun, book):
    miss(begun)
    db.session.commit()
    assert book(slot="2026-12-10T01:30Z").status_code == 303
    assert ("missed", "consultation requested", False) in runs()


def test_a_cancelled_one_has_not_taken_place(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    consultation.cancel()
    with pytest.raises(AlreadyOver):
        complete(consultation)
    consultation.completed_at = now()
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_its_private_page_says_so_and_changes_nothing_any_more(afterwards, link, client, consultations):
    complete(consultations()[0])
    db.session.commit()
    page = client.get(link).text
    assert "Your consultation has taken place" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert client.post(link + "/cancellation", data={"reason": "no"}).status_code == 409
    assert client.post(link + "/details", data={"goals": "Other", "time_zone": "UTC"}).status_code == 409
    (consultation,) = consultations()
    assert (consultation.state, consultation.cancelled_at, consultation.goals) == (
        "completed",
        None,
        "Whether to say yes to the director role.",
    )


def test_what_took_place_does_not_count_as_open(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    complete(consultation)
    assert Consultation.open_of(consultation.person) == []


@pytest.mark.parametrize(("before", "letters"), [(timedelta(hours=30), 1), (timedelta(hours=23), 0)])
def test_what_follows_the_request_ends_when_the_consultation_begins(
    book, coach, consultations, frozen, mail, before, letters
):
    coach.minimum_notice_hours = 0
    db.session.commit()
    frozen.time = datetime(2026, 12, 2, 1, 30, tzinfo=UTC) - before
    book()
    frozen.advance(hours=24)
    send_due_steps.call_local()
    assert len(mail.to("ada@example.org", "followups/step")) == letters
    if letters:
        [letter] = mail.to("ada@example.org", "followups/step")
        assert letter.expires_at == consultations()[0].starts_at
    else:
        assert runs() == [("consultation-requested", "its time is over", False)]


def test_what_follows_the_consultation_does_not_end_as_it_begins(begun, frozen, mail):
    complete(begun)
    db.session.commit()
    frozen.advance(hours=24)
    send_due_steps.call_local()
    assert [letter.subject for letter in mail.to("ada@example.org", "followups/step")] == ["After"]
