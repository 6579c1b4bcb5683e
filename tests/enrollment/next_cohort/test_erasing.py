"""Nobody is erased while a payment of theirs waits for an answer."""

from app.people import records
from app.people.models import Person
from tests.enrollment.next_cohort.test_choosing import BUYER, link, paid_late, post
from tests.races import fresh_rows

__all__ = ["link", "paid_late"]  # Fixtures.


def hindrances() -> list[str]:
    with fresh_rows():
        return records.hindrances(Person.at(BUYER))


def test_who_has_to_choose_is_told_to_choose_first(app, link):
    [words] = hindrances()
    assert "whether you take the seat" in words
    post(app, f"{link}/acceptance")
    assert hindrances() == []
