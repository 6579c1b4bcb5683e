"""Seats that come free are held for who is first in line."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort, CohortFull
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import serve_waitlists, sweep_waitlists
from app.extensions import db
from tests.enrollment.waitlist.conftest import ADA
from tests.races import at_once, fresh_rows

GRACE = "grace@example.org"
YESTERDAY = in_zone(now(), "America/New_York").date() - timedelta(days=1)


def change_cohort(line, **values) -> None:
    with fresh_rows():
        cohort = Cohort.for_update(line.shop.cohort_id)
        for name, value in values.items():
            setattr(cohort, name, value)
        db.session.commit()


def test_a_freed_seat_is_held_for_the_first_in_line(line, mail):
    line.join(GRACE)
    line.join()
    line.free()
    assert (line.states(), line.counts) == (["offered", "waiting"], (3, 1))
    [letter] = mail.to(GRACE, "enrollment/seat_offered")
    page = line.page(line.link(GRACE, "enrollment/seat_offered"))
    assert "It is held for you alone until" in page
    assert "Yours until:" in letter.body
    assert "Enroll now" in page
    assert mail.to(ADA, "enrollment/seat_offered") == []
    assert line.shop.start(email="buyer@example.org").status_code == 409
    assert line.shop.books_balance


def test_five_seats_go_to_the_first_five_of_two_hundred(app, line, mail):
    change_cohort(line, seats=8)
    line.shop.buy(email="buyer@example.org", seats="5")
    line.crowd(200)
    assert line.shop.start(email="late@example.org").status_code == 409
    with fresh_rows():
        order = line.shop.orders[-1]
    with fresh_rows():
        Order.for_update(order.id).expire()
        db.session.commit()
    db.session.rollback()

    def work(index: int) -> int:
        with app.app_context():
            if index < 2:
                serve_waitlists.call_local()
                return 0
        data = {"cohort": line.shop.cohort_id, "email": f"racer{index}@example.org", "name": "R", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    assert at_once(6, work) == [0, 0, 409, 409, 409, 409]
    assert line.states() == ["offered"] * 5 + ["waiting"] * 195
    assert line.counts == (8, 195)
    offered = [letter.to_address for letter in mail.all if letter.template == "enrollment/seat_offered"]
    assert offered == [f"p{number}@example.org" for number in range(5)]
    assert line.shop.books_balance


def test_who_got_past_the_first_look_takes_no_seat_that_is_waited_for(line):
    line.join()
    line.join(GRACE)
    change_cohort(line, seats=5)
    with fresh_rows():
        with pytest.raises(CohortFull):
            Cohort.for_update(line.shop.cohort_id).take_seats(1)
        db.session.rollback()
    sweep_waitlists.call_local()
    assert (line.states(), line.counts) == (["offered", "offered"], (5, 0))


def test_what_is_passed_on_goes_to_the_next_at_once(app, line):
    link = line.offered()
    line.join(GRACE)
    db.session.rollback()
    assert at_once(3, lambda _: app.test_client().post(f"{link}/refusal").status_code) == [303] * 3
    line.work()
    assert (line.states(), line.counts) == (["passed on", "offered"], (3, 0))
    assert "goes to the next person" in line.page(link)
    assert line.post(line.link(GRACE), "refusal").status_code == 303
    line.work()
    assert line.counts == (2, 0)
    assert line.shop.books_balance


def test_what_is_not_answered_in_two_days_goes_to_the_next(line, later, mail):
    link = line.offered()
    line.join(GRACE)
    later(hours=47, minutes=58)
    sweep_waitlists.call_local()
    assert line.states() == ["offered", "waiting"]
    later(minutes=3)
    assert "no longer held for you" in line.page(link)
    assert line.enroll(link).location == link
    sweep_waitlists.call_local()
    sweep_waitlists.call_local()
    assert (line.states(), line.counts) == (["lapsed", "offered"], (3, 0))
    [letter] = mail.to(ADA, "enrollment/offer_lapsed")
    assert letter.subject == "The seat in Spring is no longer held for you"
    assert "/course/#enroll" in letter.body
    assert line.shop.books_balance


@pytest.mark.parametrize("closed", [{"sales_open": False}, {"sales_until": YESTERDAY}])
def test_an_offer_stands_for_its_time_though_sales_close(line, mail, stripe, closed):
    link = line.offered()
    line.join(GRACE)
    change_cohort(line, **closed)
    sweep_waitlists.call_local()
    assert line.states() == ["offered", "waiting" if "sales_open" in closed else "closed"]
    assert line.shop.start(email="stranger@example.org").status_code in (409, 422)
    stripe.pay(line.enroll(link).location.rpartition("/")[2])
    line.shop.hear()
    assert line.states()[0] == "enrolled"
    assert line.shop.books_balance


def test_an_offer_ends_with_a_word_when_the_cohort_begins(line, mail, later):
    link = line.offered()
    change_cohort(line, starts_on=YESTERDAY)
    assert line.enroll(link).status_code == 409
    sweep_waitlists.call_local()
    sweep_waitlists.call_local()
    assert line.states() == ["closed"]
    [letter] = mail.to(ADA, "enrollment/waitlist_closed")
    assert letter.subject == "Spring has begun, and your seat is no longer held"
    assert "can no longer be taken" in line.page(link)
    assert line.counts == (2, 0)


def test_who_does_not_pay_until_the_time_is_over_is_told_once(line, mail, later):
    link = line.offered()
    later(hours=47, minutes=50)
    assert line.enroll(link).status_code == 303
    later(hours=1)
    line.shop.hear()
    sweep_waitlists.call_local()
    sweep_waitlists.call_local()
    assert (line.states(), line.counts) == (["lapsed"], (2, 0))
    assert len(mail.to(ADA, "enrollment/offer_lapsed")) == 1


def test_more_seats_are_offered_and_a_pause_of_sales_is_one_of_offers(line):
    line.join()
    change_cohort(line, seats=4, sales_open=False)
    sweep_waitlists.call_local()
    assert line.states() == ["waiting"]
    change_cohort(line, sales_open=True)
    sweep_waitlists.call_local()
    assert line.states() == ["offered"]
    line.join(GRACE)
    change_cohort(line, seats=None)
    sweep_waitlists.call_local()
    assert line.states() == ["offered", "offered"]


@pytest.mark.parametrize("what", ["sales_until", "starts_on"])
def test_an_offer_does_not_outlast_the_sales(line, what):
    today = in_zone(now(), "America/New_York").date()
    change_cohort(line, **{what: today + timedelta(days=what == "starts_on")})
    line.offered()
    ends = in_zone(line.entry().offer_until, "America/New_York")
    assert (ends.date(), ends.hour, ends.minute) == (today + timedelta(days=1), 0, 0)


def test_a_cohort_that_closes_tells_everybody_once_and_of_the_next(line, mail, later):
    line.join()
    line.join(GRACE)
    line.ask("unproven@example.org")
    change_cohort(line, sales_until=in_zone(now(), "America/New_York").date())
    later(days=1)
    sweep_waitlists.call_local()
    sweep_waitlists.call_local()
    assert line.states() == ["closed"] * 3
    for address in (ADA, GRACE):
        [letter] = mail.to(address, "enrollment/waitlist_closed")
        assert "The next cohort is Autumn" in letter.body
        assert "/course/#enroll" in letter.body
    assert mail.to("unproven@example.org", "enrollment/waitlist_closed") == []
    assert line.counts == (3, 0)
    assert "is over" in line.page(line.link())


def test_one_that_fails_stands_in_nobodys_way(line, later, monkeypatch):
    line.offered()
    line.join(GRACE)
    later(days=3)
    with monkeypatch.context() as broken:
        broken.setattr(WaitlistEntry, "end", lambda *_: 1 / 0)
        sweep_waitlists.call_local()
    sweep_waitlists.call_local()
    assert line.states() == ["lapsed", "offered"]
    with fresh_rows():
        assert db.session.scalar(select(WaitlistEntry.id).where(WaitlistEntry.holds_seat)) is not None
