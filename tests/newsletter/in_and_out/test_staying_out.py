"""Who stays out of the list, and who comes back to it, whatever a file says."""

from datetime import datetime, timedelta

import pytest

from app import followups
from app.clock import now
from app.extensions import db
from app.followups import SequenceRun
from app.newsletter.models import Subscription
from app.newsletter.preferences.leaving import leave_everything
from app.people.models import Person
from app.people.suppressions import ERASED, Suppression
from tests.newsletter.conftest import ADA, fresh, rows_of_everybody
from tests.newsletter.in_and_out.importing import SUBSCRIBED, csv_of, in_days, states, subscription, taken_in


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
    assert (welcome.state, welcome.may_be_sent_again) == ("withdrawn", False)
    assert ada.client.get(ada.confirmation_path()).status_code == 410
