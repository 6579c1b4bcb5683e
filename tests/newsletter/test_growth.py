"""Who joined and who left, by day and by page; and which issue they left over."""

import re
from datetime import date, timedelta
from pathlib import Path

import flask_migrate
import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.growth import GrowthDay, OfSource, Span, by_day, by_source, by_week
from app.newsletter.issues.models import Issue
from app.newsletter.preferences.leaving import leave_everything
from app.newsletter.preferences.my_data import erase
from app.newsletter.returned.bounces import complained
from app.newsletter.sending.deliveries import Delivery
from app.people.models import Person
from tests.newsletter.conftest import ADA, Reader, at_once, fresh
from tests.newsletter.in_and_out.importing import csv_of, taken_in
from tests.sites import new_database, running

HUB = "/hubs/leadership-mentorship"


def days():
    rows = db.select(GrowthDay).order_by(GrowthDay.day, GrowthDay.source)
    return fresh(lambda: [(row.day, row.source, row.joined, row.departed) for row in db.session.scalars(rows)])


def leave(reader):
    leave_everything(Person.with_email(reader.address), page="/newsletter/unsubscribe/")
    db.session.commit()


def test_joining_and_leaving_are_counted_for_the_page_and_the_day(ada, client, mail, clock):
    ada.subscribe(source=HUB)
    Reader(client, mail, "grace@example.org").subscribe(source=HUB)
    Reader(client, mail, "edith@example.org").subscribe()
    clock.advance(days=2)
    leave(ada)
    assert days() == [
        (date(2026, 11, 23), HUB, 2, 0),
        (date(2026, 11, 23), "/newsletter/", 1, 0),
        (date(2026, 11, 25), HUB, 0, 1),
    ]


def test_nothing_is_counted_twice_or_before_it_is_true(ada, clock):
    ada.sign_up()
    leave(ada)
    assert days() == []
    clock.advance(hours=1)
    path = (ada.sign_up(), ada.confirmation_path())[1]
    for _ in range(3):
        ada.client.post(path)
    for _ in range(3):
        leave(ada)
    assert days() == [(date(2026, 11, 23), "/newsletter/", 1, 1)]


def test_coming_back_counts_again_for_the_page_it_was_from(ada, clock):
    ada.subscribe(source=HUB)
    leave(ada)
    clock.advance(days=1)
    ada.subscribe(source="/articles/")
    assert days()[1:] == [(date(2026, 11, 24), "/articles/", 1, 0)]


def test_being_erased_counts_as_leaving(ada):
    ada.subscribe()
    erase(Person.for_update(ada.person.id))
    db.session.commit()
    assert [row[2:] for row in days()] == [(1, 1)]


def test_ten_who_confirm_at_once_are_ten(app, client, mail):
    readers = [Reader(client, mail, f"reader{number}@example.org") for number in range(10)]
    for reader in readers:
        reader.sign_up()
    paths = [reader.confirmation_path() for reader in readers]
    assert at_once(app, 10, lambda client, index: client.post(paths[index]).status_code) == [303] * 10
    assert [row[2:] for row in days()] == [(10, 0)]


def test_what_is_rolled_back_is_not_counted(app):
    GrowthDay.count("/", joined=1)
    db.session.rollback()
    assert days() == []


def test_days_weeks_and_pages_add_up(app, clock):
    for ago, source, joined, departed in (
        (0, HUB, 3, 0),
        (0, "/", 1, 1),
        (6, "/", 2, 0),
        (7, HUB, 5, 2),
        (400, "/", 9, 9),
    ):
        db.session.add(
            GrowthDay(day=clock.time.date() - timedelta(days=ago), source=source, joined=joined, departed=departed)
        )
    db.session.commit()
    listed = by_day(8)
    assert (listed[0], listed[1], listed[-1]) == (
        Span(date(2026, 11, 16), 5, 2), Span(date(2026, 11, 17), 2, 0), Span(date(2026, 11, 23), 4, 1),
    )  # fmt: skip
    assert by_week(2) == [Span(date(2026, 11, 10), 5, 2), Span(date(2026, 11, 17), 6, 1)]
    assert by_source(7) == [OfSource("/", 3, 1), OfSource(HUB, 3, 0)]
    assert by_source(8) == [OfSource(HUB, 8, 2), OfSource("/", 3, 1)]


@pytest.fixture
def issues(app):
    return [Issue(slug=slug, title=slug, scheduled_at=now(), frozen_at=now()) for slug in ("one", "two", "three")]


def delivered(issue, reader, **moments):
    db.session.add(issue)
    db.session.flush()
    subscription = reader.subscription
    db.session.add(issue)
    delivery = Delivery(issue_id=issue.id, subscription_id=subscription.id, due_at=now(), **moments)
    db.session.add(delivery)
    db.session.commit()
    return delivery


def unsubscribed():
    return fresh(lambda: dict(db.session.execute(db.select(Issue.slug, Issue.unsubscribed)).all()))


def test_leaving_counts_for_the_issue_last_sent(ada, issues):
    ada.subscribe()
    db.session.add_all(issues)
    db.session.commit()
    one, two, three = issues
    delivered(one, ada, sent_at=now())
    delivered(two, ada, sent_at=now())
    delivered(three, ada)
    leave(ada)
    leave(ada)
    assert unsubscribed() == {"one": 0, "two": 1, "three": 0}


def test_leaving_long_after_an_issue_does_not_count_for_it(ada, issues, clock):
    ada.subscribe()
    db.session.add_all(issues[:1])
    db.session.commit()
    delivered(issues[0], ada, sent_at=now())
    clock.advance(days=31)
    leave(ada)
    assert unsubscribed() == {"one": 0}


def test_a_complaint_is_counted_as_that_and_not_as_leaving(ada, issues):
    ada.subscribe()
    db.session.add_all(issues[:1])
    db.session.commit()
    delivery = delivered(issues[0], ada, sent_at=now())
    complained(ADA, "spam", letter=delivery)
    db.session.commit()
    assert ada.subscription.state == "left"
    assert unsubscribed() == {"one": 0}
    assert fresh(lambda: db.session.scalar(db.select(Issue.complained))) == 1


def test_a_site_that_is_older_gets_its_numbers_from_its_rows(database_kind, tmp_path):
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision=revision_before_growth())
        for number, (confirmed, left) in enumerate(
            [
                ("2026-01-02 23:59:59", "2026-01-05 00:00:00"),
                ("2026-01-02 00:00:00", None),
                (None, "2026-01-03 00:00:00"),
            ]
        ):
            values = {"n": number + 1, "confirmed": confirmed, "left": left, "at": "2026-01-01 00:00:00"}
            db.session.execute(
                db.text(
                    "INSERT INTO person (id, email, name, active, fs_uniquifier, created_at)"
                    " VALUES (:n, CAST(:n AS VARCHAR) || '@example.org', '', true, CAST(:n AS VARCHAR), :at)"
                ),
                values,
            )
            db.session.execute(
                db.text(
                    "INSERT INTO subscription (id, person_id, requested_at, confirmed_at, unsubscribed_at, source,"
                    " career_stage, time_zone) VALUES (:n, :n, :at, :confirmed, :left, '/', '', '')"
                ),
                values,
            )
        db.session.commit()
        flask_migrate.upgrade()
        assert days() == [(date(2026, 1, 2), "/", 2, 0), (date(2026, 1, 5), "/", 0, 1)]


def revision_before_growth():
    folder = Path(__file__).parents[2] / "migrations" / "versions"
    (growth,) = folder.glob("*_growth.py")
    return re.search(r'^down_revision = "(\w+)"', growth.read_text(), re.MULTILINE)[1]


def test_what_a_file_says_of_where_somebody_came_from_is_no_page_here(app, clock):
    taken_in(csv_of("email,source", f"{ADA},embedded_form", "grace@example.org,/hubs/leadership"))
    clock.advance(days=1)
    leave_everything(Person.with_email(ADA), page="/")
    db.session.commit()
    assert days() == [
        (date(2026, 11, 23), "Import from another system", 2, 0),
        (date(2026, 11, 24), "Import", 0, 1),
    ]
