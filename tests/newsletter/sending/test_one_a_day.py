"""An issue comes before the letters of sequences, and a day lies between them."""

from datetime import timedelta

import pytest

from app import followups
from app.clock import now
from app.extensions import db
from app.followups.tasks import sweep_followups
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from tests.newsletter.conftest import ADA, fresh


@pytest.fixture
def reader(ada, work, clock):
    """Ada, whose letter of a sequence about the course is due now, long after her welcome."""
    ada.subscribe()
    work()
    clock.advance(days=3)
    sequence = followups.Sequence(name="course", title="Course", purpose="course", starts_on="enrolled")
    sequence.steps = [followups.SequenceStep(position=1, slug="a", subject="Of the course", delay_hours=0, body="A")]
    db.session.add(sequence)
    db.session.commit()
    followups.happened("enrolled", ada.person, "order:1")
    db.session.commit()
    return ada


def issue(at, **columns):
    row = Issue(slug="one", title="One", subject="One", body="Hello.", **columns)
    db.session.add(row)
    row.schedule(at)
    db.session.commit()
    return row


def send(row):
    """What the sender does, as far as the ledger tells."""
    row.freeze()
    for delivery in db.session.scalars(db.select(Delivery).filter_by(issue_id=row.id)):
        delivery.sent_at = now()
    row.sent = row.recipients
    row.finish()
    db.session.commit()


def letters(reader):
    sweep_followups.call_local()
    return [email.subject for email in reader.mail.to(ADA, "followups/step")][1:]


def test_without_an_issue_the_letter_goes(reader):
    assert letters(reader) == ["Of the course"]


def test_a_letter_waits_for_the_issue_of_the_day_and_a_day_after_it(reader, clock):
    row = issue(clock.time + timedelta(hours=20))
    assert letters(reader) == []
    clock.advance(hours=20, minutes=5)
    assert letters(reader) == []
    send(fresh(lambda: db.session.get(Issue, row.id)))
    clock.advance(hours=23, minutes=59)
    assert letters(reader) == []
    clock.advance(minutes=1)
    assert letters(reader) == ["Of the course"]


def test_an_issue_more_than_a_day_away_holds_nothing_up(reader, clock):
    issue(clock.time + timedelta(hours=24, minutes=1))
    assert letters(reader) == ["Of the course"]


def test_an_issue_for_others_holds_nothing_up(reader, clock):
    issue(clock.time + timedelta(hours=1), include={"tags": ["speaker"]})
    assert letters(reader) == ["Of the course"]


def test_an_issue_that_is_called_off_lets_the_letter_go_when_its_day_would_have_ended(reader, clock):
    row = issue(clock.time + timedelta(hours=1))
    assert letters(reader) == []
    fresh(lambda: db.session.get(Issue, row.id)).unschedule()
    db.session.commit()
    clock.advance(hours=25)
    assert letters(reader) == ["Of the course"]


def test_a_letter_waits_while_an_issue_is_on_its_way_to_the_reader(reader, clock):
    row = issue(clock.time)
    row.freeze()
    db.session.commit()
    assert letters(reader) == []
    delivery = db.session.scalars(db.select(Delivery)).one()
    delivery.skipped_at = clock.time
    db.session.commit()
    clock.advance(hours=1)
    assert letters(reader) == ["Of the course"]


def test_an_issue_that_is_paused_does_not_hold_letters_up_for_ever(reader, clock):
    row = issue(clock.time)
    row.freeze()
    row.pause("The owner wanted it.")
    db.session.commit()
    assert letters(reader) == ["Of the course"]


def test_the_welcome_waits_too(ada, clock, work):
    row = issue(clock.time + timedelta(hours=2))
    ada.subscribe()
    work()
    assert ada.mail.to(ADA, "followups/step") == []
    clock.advance(hours=2)
    send(fresh(lambda: db.session.get(Issue, row.id)))
    clock.advance(hours=24)
    sweep_followups.call_local()
    assert len(ada.mail.to(ADA, "followups/step")) == 1


def test_who_is_no_subscriber_waits_for_no_issue(reader, clock):
    issue(clock.time + timedelta(hours=1))
    subscription = fresh(lambda: Subscription.of(reader.person))
    db.session.delete(subscription)
    db.session.commit()
    assert letters(reader) == ["Of the course"]


def test_a_new_tag_starts_what_starts_on_it_once(reader, clock):
    sequence = followups.Sequence(name="vip", title="V", purpose="newsletter", starts_on="tag", start_tag="vip")
    sequence.steps = [followups.SequenceStep(position=1, slug="v", subject="For you", delay_hours=48, body="A")]
    db.session.add(sequence)
    db.session.commit()
    subscription = reader.subscription
    subscription.tag(["VIP ", "other"])
    subscription.tag(["vip"])
    db.session.commit()
    assert fresh(lambda: sorted(tag.name for tag in reader.subscription.tags)) == ["other", "vip"]
    letters(reader)
    clock.advance(hours=48)
    assert letters(reader) == ["Of the course", "For you"]


def test_a_tag_on_who_has_left_starts_nothing(reader):
    sequence = followups.Sequence(name="vip", title="V", purpose="newsletter", starts_on="tag", start_tag="vip")
    sequence.steps = [followups.SequenceStep(position=1, slug="v", subject="For you", delay_hours=48, body="A")]
    db.session.add(sequence)
    db.session.commit()
    subscription = reader.subscription
    subscription.leave()
    subscription.tag(["vip"])
    db.session.commit()
    assert fresh(lambda: [tag.name for tag in reader.subscription.tags]) == ["vip"]
    runs = db.select(followups.SequenceRun).where(followups.SequenceRun.sequence_id == sequence.id)
    assert fresh(lambda: db.session.scalars(runs).all()) == []
