"""The waiting list of a cohort, as the owner sees it."""

import re
from datetime import timedelta

import pytest

from app.enrollment.waitlist.tasks import sweep_waitlists
from app.extensions import db
from tests.studio import factories


@pytest.fixture
def place(app):
    place = factories.place_in_line("ada@example.org", "Ada Lovelace")
    place.cohort.seats = place.cohort.seats_taken
    db.session.commit()
    return place


def test_the_list_says_who_waits_and_what_they_were_offered(owner, place):
    address = f"/studio/cohorts/{place.cohort_id}/waitlist"
    assert address in owner.get("/studio/cohorts").text
    assert address in owner.get("/studio/").text
    page = owner.get(address).text
    assert "Ada Lovelace" in page
    assert "1 in line" in page
    place.cohort.seats += 1
    db.session.commit()
    assert "seats are offered within minutes" in owner.get(address).text
    sweep_waitlists.call_local()
    assert "Ada Lovelace" in owner.get(f"{address}?state=offered").text
    assert "Ada Lovelace" not in owner.get(f"{address}?state=waiting").text
    assert owner.get(f"{address}?q=grace&state=x&before=y").status_code == 200


def test_the_list_says_whose_turn_comes_when(owner, place):
    first = factories.place_in_line("grace@example.org", "Grace Hopper")
    first.confirmed_at = place.confirmed_at - timedelta(seconds=1)
    db.session.commit()
    page = owner.get(f"/studio/cohorts/{place.cohort_id}/waitlist").text
    rows = re.findall(r'(Ada Lovelace|Grace Hopper).*?data-label="Turn">(\S+)<', page, re.DOTALL)
    assert dict(rows) == {"Grace Hopper": "1", "Ada Lovelace": "2"}


def test_a_pause_of_sales_is_named_as_the_reason(owner, place):
    place.cohort.seats += 1
    place.cohort.sales_open = False
    db.session.commit()
    assert "off sale" in owner.get(f"/studio/cohorts/{place.cohort_id}/waitlist").text


def test_who_is_removed_gives_the_held_seat_to_the_next(send, place):
    next_place = factories.place_in_line("grace@example.org")
    place.cohort.seats += 1
    db.session.commit()
    sweep_waitlists.call_local()
    assert send(f"/cohorts/waitlist/{place.id}/removal").status_code == 303
    assert send(f"/cohorts/waitlist/{place.id}/removal").status_code == 303
    sweep_waitlists.call_local()
    db.session.expire_all()
    assert (place.state, next_place.state) == ("removed", "offered")
    assert (place.cohort.seats_taken, place.cohort.seats_awaited) == (4, 0)


def test_more_seats_are_offered_at_once(send, work, place):
    columns = {"name": "Spring 2027", "time_zone": "America/New_York", "seats": "4", "sales_open": "y"}
    days = {"starts_on": "2027-03-02", "ends_on": "2027-05-25"}
    assert send(f"/cohorts/{place.cohort_id}", **columns | days).status_code == 303
    work()
    db.session.expire_all()
    assert place.state == "offered"
