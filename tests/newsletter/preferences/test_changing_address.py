"""Another address: asked for with the link of any letter, made at the new mailbox, undone at the old one."""

import pytest

from app.extensions import db
from app.followups.leaving import preferences_url, unsubscribe_url
from app.newsletter.models import Subscription
from app.people.address_changes import AddressChange
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, Suppression
from tests.newsletter.conftest import ADA, at_once, fresh, path_in, rows_of_everybody
from tests.studio import factories

NEW, GRACE = "ada@new.example.org", "grace@example.org"


@pytest.fixture
def page(ada, clock):
    ada.subscribe(first_name="Ada", topics=["career"])
    clock.advance(hours=1)
    return preferences_url(ada.person).removeprefix("http://localhost:8000")


def ask(client, page, address=NEW):
    answer = client.post(f"{page}/address", data={"email": address})
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text


def link(mail, address, template, step):
    return path_in(mail.to(address, f"newsletter/{template}")[-1], f"address/{step}")


def person_at(address):
    return fresh(lambda: Person.with_email(address))


def test_the_new_mailbox_makes_the_change_and_everything_stays(ada, page):
    number, identity = ada.person.id, ada.person.fs_uniquifier
    assert "Check your inbox" in ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    shown = ada.client.get(path).text
    assert NEW in shown
    assert ADA not in shown
    assert person_at(NEW) is None
    assert "We write to you here now" in ada.client.post(path, follow_redirects=True).text
    person = person_at(NEW)
    assert (person.id, person.name, person_at(ADA)) == (number, "Ada", None)
    assert fresh(lambda: [topic.key for topic in Subscription.of(person).topics]) == ["career"]
    assert person.fs_uniquifier != identity


def test_old_links_keep_working(ada, page):
    letter = unsubscribe_url(ada.person).removeprefix("http://localhost:8000")
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    assert ada.client.post(page, data={"name": "Ada L."}).status_code == 303
    assert person_at(NEW).name == "Ada L."
    ada.client.post(letter)
    assert fresh(lambda: Subscription.of(Person.with_email(NEW))).state == "left"


def test_a_code_that_was_mailed_to_the_old_address_signs_nobody_in(ada, page):
    code, _ = SignInCode.issue(ada.person)
    db.session.commit()
    token = code.link_token
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    assert ada.client.post(f"/sign-in/{token}").status_code == 410


def test_the_old_mailbox_is_told_and_may_take_it_back(ada, page, clock):
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    (told,) = ada.mail.to(ADA, "newsletter/address_changed")
    assert NEW not in told.body
    path = path_in(told, "address/undo")
    clock.advance(days=6)
    assert ADA in ada.client.get(path).text
    assert ada.client.post(path).status_code == 303
    assert (person_at(NEW), bool(person_at(ADA))) == (None, True)
    assert ada.mail.to(NEW, "newsletter/address_restored")
    assert ada.client.post(path).status_code == 410


def test_taking_it_back_ends_with_a_week(ada, page, clock):
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    path = link(ada.mail, ADA, "address_changed", "undo")
    clock.advance(days=7, minutes=1)
    assert ada.client.post(path).status_code == 410
    assert person_at(NEW)


def test_moving_on_at_once_is_no_way_around_taking_it_back(ada, page, clock):
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    clock.advance(minutes=11)
    ask(ada.client, page, "third@example.org")
    ada.client.post(link(ada.mail, "third@example.org", "confirm_address", "confirm"))
    again = link(ada.mail, NEW, "address_changed", "undo")
    ada.client.post(link(ada.mail, ADA, "address_changed", "undo"))
    assert person_at(ADA)
    assert ada.client.post(again).status_code == 410
    clock.advance(minutes=11)
    # From now on the address is asked first.
    ask(ada.client, page, "fourth@example.org")
    assert ada.mail.to("fourth@example.org") == []
    assert ada.mail.to(ADA, "newsletter/allow_address")


def test_where_more_than_letters_is_at_stake_the_present_mailbox_is_asked_first(ada, page):
    factories.offer()
    factories.consultation(ADA)
    db.session.commit()
    ask(ada.client, page)
    assert ada.mail.to(NEW) == []
    path = link(ada.mail, ADA, "allow_address", "allow")
    assert ada.client.get(path).status_code == 200
    assert ada.mail.to(NEW) == []
    assert ada.client.post(path).status_code == 303
    assert ada.client.post(path).status_code == 410
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    assert person_at(NEW)


def test_it_is_so_too_where_it_came_to_be_at_stake_after_asking(ada, page):
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    factories.order(ADA)
    db.session.commit()
    assert ada.client.post(path).status_code == 409
    assert (bool(person_at(ADA)), person_at(NEW)) == (True, None)


def test_a_forwarded_letter_makes_nobody_the_owner(ada, page):
    person = ada.person
    person.make_owner()
    db.session.commit()
    ask(ada.client, page, "mallory@example.org")
    assert ada.mail.to("mallory@example.org") == []


def test_the_page_tells_nobody_whether_an_address_is_known(ada, page, clock):
    factories.subscription(GRACE)
    Suppression.add("angry@example.org", COMPLAINT)
    db.session.commit()
    answers = set()
    for address in (NEW, GRACE, "angry@example.org", ADA):
        answers.add(ask(ada.client, page, address))
        clock.advance(minutes=11)
    assert len(answers) == 1
    (explained,) = ada.mail.to(GRACE)
    assert explained.template == "newsletter/address_taken"
    assert "ada" not in explained.body
    assert ada.mail.to("angry@example.org") == []


def test_the_new_address_may_be_taken_meanwhile(ada, page):
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    factories.subscription(NEW)
    db.session.commit()
    answer = ada.client.post(path)
    assert answer.status_code == 409
    assert "cannot be used" in answer.text
    assert person_at(ADA)


def test_or_suppressed_meanwhile(ada, page):
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    Suppression.add(NEW, COMPLAINT)
    db.session.commit()
    assert ada.client.post(path).status_code == 409
    assert person_at(ADA)


def test_who_bounced_gets_letters_again_at_an_address_where_mail_arrives(ada, page):
    subscription = ada.subscription
    Suppression.add(ADA, HARD_BOUNCE)
    Suppression.add(NEW, HARD_BOUNCE)
    subscription.suppressed_at = subscription.confirmed_at
    db.session.commit()
    ask(ada.client, page)
    ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm"))
    assert fresh(lambda: Subscription.of(Person.with_email(NEW))).state == "active"
    assert fresh(lambda: (bool(Suppression.of(ADA)), Suppression.of(NEW))) == (True, None)


def test_who_is_barred_by_the_owner_does_not_get_around_it(ada, page):
    Suppression.add(ADA, COMPLAINT)
    db.session.commit()
    ask(ada.client, page)
    assert ada.mail.to(NEW) == []


def test_a_second_wish_ends_the_first(ada, page, clock):
    ask(ada.client, page, "first@example.org")
    first = link(ada.mail, "first@example.org", "confirm_address", "confirm")
    clock.advance(minutes=11)
    ask(ada.client, page)
    assert ada.client.get(first).status_code == 410
    assert ada.client.post(first).status_code == 410
    assert ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm")).status_code == 303


def test_asking_twice_leaves_the_link_that_was_mailed(ada, page, clock):
    for _ in range(2):
        ask(ada.client, page)
        clock.advance(minutes=2)
    (mailed,) = ada.mail.to(NEW, "newsletter/confirm_address")
    assert ada.client.post(path_in(mailed, "address/confirm")).status_code == 303
    assert person_at(NEW)


def test_a_wish_that_nobody_was_written_about_ends_none_before(ada, page):
    ask(ada.client, page)
    Suppression.add("angry@example.org", COMPLAINT)
    db.session.commit()
    ask(ada.client, page, "angry@example.org")
    assert ada.client.post(link(ada.mail, NEW, "confirm_address", "confirm")).status_code == 303


def test_the_link_is_good_once_and_for_a_week(ada, page, clock):
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    clock.advance(days=7, minutes=1)
    assert ada.client.post(path).status_code == 410
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    assert ada.client.post(path).status_code == 303
    assert ada.client.post(path).status_code == 410
    assert ada.client.get(path).status_code == 410


def test_links_of_one_step_are_worth_nothing_in_another(ada, page):
    ask(ada.client, page)
    token = link(ada.mail, NEW, "confirm_address", "confirm").rpartition("/")[2]
    for step in ("allow", "undo"):
        assert ada.client.post(f"/newsletter/address/{step}/{token}").status_code == 410
    assert person_at(ADA)


def test_nobody_is_bombed_with_this_form(ada, page, clock):
    for number in range(8):
        ask(ada.client, page, f"victim{number}@example.org")
    assert sum(email.template == "newsletter/confirm_address" for email in ada.mail.all) == 5
    clock.advance(days=1, minutes=1)
    for _ in range(3):
        ask(ada.client, page)
    assert len(ada.mail.to(NEW)) == 1


@pytest.mark.parametrize("address", ["", "nope", "a@b\r\nBcc: c@example.org", "ada@example.org\x01"])
def test_a_bad_address_is_explained_and_kept(ada, page, address):
    before = rows_of_everybody()
    assert ada.client.post(f"{page}/address", data={"email": address}).status_code == 422
    assert rows_of_everybody() == before


def test_ten_presses_at_once_are_one_change(app, ada, page):
    ask(ada.client, page)
    path = link(ada.mail, NEW, "confirm_address", "confirm")
    answers = at_once(app, 10, lambda client, _: client.post(path).status_code)
    assert sorted(answers) == [303] + [410] * 9
    assert len(ada.mail.to(ADA, "newsletter/address_changed")) == 1


def test_two_people_who_want_one_address_at_once_do_not_share_it(app, ada, page, clock):
    number = factories.subscription(GRACE).person_id
    db.session.commit()
    mine = AddressChange.ask(ada.person, NEW, needs_leave=False)
    db.session.commit()
    hers = AddressChange.ask(db.session.get(Person, number), NEW, needs_leave=False)
    db.session.commit()
    paths = [f"/newsletter/address/confirm/{change.token('address-confirm')}" for change in (mine, hers)]
    answers = at_once(app, 2, lambda client, index: client.post(paths[index]).status_code)
    assert sorted(answers) == [303, 409]
    assert person_at(NEW)
    assert bool(person_at(ADA)) != bool(person_at(GRACE))
