"""A week before the course begins its buyer is told of seats that are nobody's, once."""

from app.clock import in_zone, now
from app.enrollment.department.tasks import remind_of_unclaimed_seats
from tests.enrollment.department.conftest import BUYER, cohort, path_in


def days_to_go() -> int:
    return (cohort().starts_on - in_zone(now(), "America/New_York").date()).days


def reminders(mail) -> list[str]:
    remind_of_unclaimed_seats.call_local()
    return [letter.subject for letter in mail.to(BUYER, "enrollment/seats_unclaimed")]


def test_the_buyer_is_reminded_once_a_week_before(shop, department, mail, later):
    department.claim(department.links[0])
    later(days=days_to_go() - 8)
    assert reminders(mail) == []
    later(days=1)
    [subject] = reminders(mail)
    assert subject.startswith("2 seats are not claimed yet: Spring begins")
    department.reassign(2)
    later(days=1)
    assert len(reminders(mail)) == 1
    assert path_in(mail.to(BUYER, "enrollment/seats_unclaimed")[0], "department") == department.path


def test_nobody_is_reminded_of_seats_that_are_all_claimed_or_given_up(shop, stripe, department, mail, later):
    for number, link in enumerate(department.links):
        department.claim(link, f"p{number}@example.org")
    later(days=days_to_go() - 7)
    assert reminders(mail) == []


def test_who_bought_a_day_before_the_course_is_not_reminded_at_once(shop, stripe, mail, later):
    later(days=98)
    stripe.pay(shop.buy(seats="2"))
    shop.hear()
    assert reminders(mail) == []
