"""Who asks, who cancels and who is erased at the same moment wait for each other in one order."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.coaching.conftest import REQUEST

ADDRESSES = [f"doctor{number}@example.org" for number in range(6)]


@pytest.fixture
def links(book, consultations):
    for number, address in enumerate(ADDRESSES):
        assert book(email=address, slot=f"2026-12-{number + 2:02}T01:30Z").status_code == 303
    return [f"/coaching/consultations/{consultation.link_token}" for consultation in consultations()]


def test_erasing_while_cancelling_and_booking_fails_neither(app, links, consultations):
    db.session.rollback()  # The test itself must hold no lock while the others write.
    start = Barrier(3 * len(ADDRESSES))

    def cancel(link):
        start.wait()
        return app.test_client().post(f"{link}/cancellation").status_code

    def book_again(number):
        start.wait()
        data = REQUEST | {"email": ADDRESSES[number], "slot": f"2026-12-{number + 12:02}T01:30Z"}
        return app.test_client().post("/coaching/book", data=data).status_code

    def erase(address):
        start.wait()
        with app.app_context():
            records.erase(Person.with_email(address))
            db.session.commit()
            return 303

    with ThreadPoolExecutor(3 * len(ADDRESSES)) as crowd:
        cancelled = [crowd.submit(cancel, link) for link in links]
        booked = [crowd.submit(book_again, number) for number in range(len(ADDRESSES))]
        erased = [crowd.submit(erase, address) for address in ADDRESSES]
    assert {each.result() for each in cancelled} <= {303, 404}
    assert {each.result() for each in booked} == {303}
    assert {each.result() for each in erased} == {303}
