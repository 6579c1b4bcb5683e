"""After a move: what comes for the address somebody had before, and what it may do to them."""

import pytest

from app.clock import now
from app.extensions import db
from app.followups import Sequence, SequenceRun
from app.followups.leaving import preferences_url, unsubscribe_url
from app.newsletter.preferences.my_data import proof_of
from app.newsletter.returned import bounces
from app.newsletter.returned.suppressing import suppress
from app.newsletter.sending.deliveries import Delivery
from app.people.address_changes import AddressChange
from app.people.models import Person
from app.people.suppressions import COMPLAINT, Suppression
from tests.newsletter.conftest import ADA, fresh, path_in
from tests.newsletter.in_and_out.importing import csv_of, states, subscription, taken_in
from tests.studio import factories

NEW = "ada@new.example.org"


def local(url):
    return url.removeprefix("http://localhost:8000")


def at_new():
    return fresh(lambda: Person.with_email(NEW))


@pytest.fixture
def delivery(ada, clock):
    """A letter that went to Ada's first address."""
    number = ada.subscribe().id
    sent = Delivery(issue_id=factories.issue().id, subscription_id=number, due_at=now(), sent_at=now())
    db.session.add(sent)
    db.session.commit()
    clock.advance(hours=1)
    return sent


@pytest.fixture
def moved(ada, delivery):
    """Ada is at NEW now; gives the path at which her first mailbox takes it back."""
    ada.client.post(f"{local(preferences_url(ada.person))}/address", data={"email": NEW})
    ada.client.post(path_in(ada.mail.to(NEW, "newsletter/confirm_address")[-1], "address/confirm"))
    assert at_new()
    return path_in(ada.mail.to(ADA, "newsletter/address_changed")[-1], "address/undo")


def test_an_import_does_not_bring_somebody_back_at_an_address_they_moved_from(moved):
    assert taken_in(csv_of("email", ADA))[0] == {"suppressed here": 1}
    assert states() == {NEW: "active"}


def test_nor_does_it_once_the_move_is_off_the_record(moved, clock):
    clock.advance(days=61)
    db.session.rollback()
    AddressChange.forget_old()
    db.session.commit()
    assert fresh(lambda: Suppression.of(ADA).address) is None
    assert taken_in(csv_of("email", ADA))[0] == {"suppressed here": 1}


def test_whoever_reads_the_old_mailbox_now_can_sign_up(ada, moved, clock):
    clock.advance(hours=1)
    ada.subscribe()
    assert states() == {ADA: "active", NEW: "active"}
    assert fresh(lambda: Suppression.of(ADA)) is None


def test_letters_that_a_purchase_begins_still_go_to_the_old_address(moved):
    factories.subscription(ADA)
    db.session.commit()
    assert fresh(lambda: SequenceRun(person=Person.with_email(ADA), sequence=Sequence(purpose="course")).may_go_on)
    db.session.rollback()


def test_who_took_it_back_is_not_imported_where_they_were_meanwhile(ada, moved):
    ada.client.post(moved)
    assert taken_in(csv_of("email", ADA, NEW))[0] == {"known": 1, "suppressed here": 1}


def test_nor_does_it_once_they_left(ada, moved):
    ada.client.post(local(unsubscribe_url(at_new())))
    assert taken_in(csv_of("email", ADA))[0] == {"suppressed here": 1}
    assert states() == {NEW: "left"}


def test_nor_does_it_once_they_are_erased(ada, moved):
    assert ada.client.post(f"/newsletter/my-data/{proof_of(at_new())}/erasure").status_code == 303
    assert taken_in(csv_of("email", ADA, NEW))[0] == {"suppressed here": 2}
    assert states() == {}


def test_who_has_the_address_now_is_not_barred_by_the_erasure_of_who_had_it(ada, moved, clock):
    clock.advance(hours=1)
    ada.subscribe()
    ada.client.post(f"/newsletter/my-data/{proof_of(at_new())}/erasure")
    assert states() == {ADA: "active"}
    assert fresh(lambda: Suppression.of(ADA)) is None


def test_what_comes_back_late_from_the_old_mailbox_says_nothing_of_the_new_one(delivery, moved, clock):
    clock.advance(hours=1)
    db.session.rollback()
    bounces.bounced(db.session.get(Delivery, delivery.id), "hard", "550 5.1.1 No such user")
    db.session.commit()
    assert subscription(NEW).state == "active"
    assert fresh(lambda: Suppression.of(NEW)) is None


def test_taking_it_back_is_no_way_around_a_complaint(ada, moved):
    db.session.rollback()
    suppress(ADA, COMPLAINT)
    db.session.commit()
    assert ada.client.post(moved).status_code == 303
    assert subscription(ADA).state == "suppressed"
    assert fresh(lambda: Suppression.of(ADA).reason) == COMPLAINT


def test_a_complaint_about_a_letter_to_the_old_address_reaches_them_at_the_new_one(delivery, moved, clock):
    clock.advance(hours=1)
    db.session.rollback()
    bounces.complained(ADA, "spam", letter=db.session.get(Delivery, delivery.id))
    db.session.commit()
    assert subscription(NEW).state == "left"
    assert fresh(lambda: (Suppression.of(ADA).reason, Suppression.of(NEW))) == (COMPLAINT, None)
