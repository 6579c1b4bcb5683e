"""A request that another coach answers now: whoever was told of it first is told that it left them."""

from datetime import UTC, datetime

import pytest

from app.coaching.answering import confirm, propose
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.reserved import ReservedTime
from app.coaching.intake import Times
from app.coaching.managing.choosing import accept, offer_times, take_free_time
from app.coaching.models import Consultation
from app.extensions import db

ADA, ROBIN, SAM = "ada@example.org", "robin@example.org", "sam@example.org"
FIRST = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)
OTHER = datetime(2026, 12, 9, 15, tzinfo=UTC)


@pytest.fixture
def sam(coach):
    """A second coach; Robin was alone when Ada asked, and was told."""
    coach.email = ROBIN
    hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    sam = Coach(slug="sam", name="Sam Lee", time_zone="UTC", email=SAM, weekly_hours=hours, is_active=False)
    db.session.add(sam)
    db.session.commit()
    return sam


@pytest.fixture
def asked(ask, sam, consultations, mail):
    def ask_for(**changed):
        assert ask(**changed).status_code == 303
        assert [email.template for email in mail.to(ROBIN)] == ["coaching/new_request"]
        sam.is_active = True
        db.session.commit()
        return Consultation.for_update(consultations()[0].id)

    return ask_for


def told(mail):
    return mail.to(ROBIN, "coaching/request_passed_on")


def test_other_times_with_another_coach_take_it_from_the_first(asked, sam, mail):
    consultation = asked()
    propose(consultation, sam, [OTHER])
    db.session.commit()
    [email] = told(mail)
    assert "Sam Lee now" in email.body
    assert "Sam Lee now" in email.html
    accept(consultation, OTHER)
    db.session.commit()
    assert len(told(mail)) == 1
    assert mail.to(SAM, "coaching/new_booking")


def test_other_times_with_the_same_coach_take_it_from_nobody(asked, coach, mail):
    consultation = asked()
    propose(consultation, coach, [OTHER])
    accept(consultation, OTHER)
    db.session.commit()
    assert told(mail) == []


def test_one_that_was_asked_of_a_coach_stays_theirs_until_another_is_accepted(asked, coach, sam, mail):
    consultation = asked(coach=coach.slug)
    propose(consultation, sam, [OTHER])
    db.session.commit()
    assert told(mail) == []
    accept(consultation, OTHER)
    db.session.commit()
    assert len(told(mail)) == 1


def take_it(consultation):
    take_free_time(consultation, OTHER)


def offer_it(consultation):
    offer_times(consultation, Times((OTHER,)))


@pytest.mark.parametrize("choose", [take_it, offer_it])
def test_a_time_that_only_another_coach_has_takes_it_from_the_first(asked, coach, mail, choose):
    consultation = asked()
    ReservedTime.make(coach, consultation.kind, OTHER)
    choose(consultation)
    db.session.commit()
    assert len(told(mail)) == 1


def test_coaches_who_share_a_mailbox_are_not_told_of_each_other(asked, sam, mail):
    consultation = asked()
    sam.email = ROBIN
    propose(consultation, sam, [OTHER])
    db.session.commit()
    assert told(mail) == []


def test_confirming_what_is_held_with_its_coach_passes_nothing_on(asked, mail):
    consultation = asked()
    confirm(consultation, FIRST)
    db.session.commit()
    assert told(mail) == []
