"""Asking in somebody's name: how often mail is written, and that nobody learns who has an account."""

import threading

import pytest

from app.extensions import db
from app.people.models import Person
from app.people.sign_in_allowance import SignInAllowance
from app.people.tasks import forget_old_rows

ADDRESSES = ("ada@example.org", "nobody@example.org")


def ask(client, email):
    return client.post("/sign-in", data={"email": email})


def guess(client, email):
    return client.post("/sign-in/code", data={"email": email, "code": "000000"})


def anonymous(answer, email):
    """Everything a stranger can see of an answer, but the address typed and the date."""
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Date", "X-Request-Id"))
    return answer.status_code, headers, answer.text.replace(email, "ADDRESS")


def test_known_unknown_and_barred_addresses_get_the_same_answers(client, ada):
    barred = Person.at("odd@example.org")
    barred.active = False
    db.session.commit()
    same_length = ("ada@example.org", "odd@example.org", "who@example.org")
    assert len({str(anonymous(ask(client, email), email)) for email in same_length}) == 1
    assert len({str(anonymous(ask(client, email), email)) for email in same_length}) == 1
    assert len({str(anonymous(guess(client, email), email)) for email in same_length}) == 1


def test_an_unknown_address_is_told_there_is_no_account(client, mail):
    ask(client, "Nobody@Example.org ")
    (email,) = mail.all
    assert (email.to_address, email.template) == ("nobody@example.org", "people/no_account")
    assert db.session.scalar(db.select(db.func.count()).select_from(Person)) == 0


@pytest.mark.parametrize("email", ADDRESSES)
def test_mails_come_at_growing_distances(client, ada, mail, clock, email):
    minutes_of_mails = []
    for minute in range(61):
        before = len(mail.all)
        assert ask(client, email).status_code == 200
        if len(mail.all) > before:
            minutes_of_mails.append(minute)
        clock.advance(minutes=1)
    assert minutes_of_mails == [0, 1, 3, 7, 15, 30, 45, 60]


@pytest.mark.parametrize("email", ADDRESSES)
def test_a_second_press_within_a_minute_sends_nothing_more(client, ada, mail, clock, email):
    first = ask(client, email)
    clock.advance(seconds=59)
    assert anonymous(ask(client, email), email) == anonymous(first, email)
    assert len(mail.all) == 1


def test_after_an_hour_of_quiet_waiting_begins_anew(client, ada, mail, clock):
    for _ in range(3):
        ask(client, "ada@example.org")
        clock.advance(minutes=5)
    clock.advance(minutes=61)
    ask(client, "ada@example.org")
    clock.advance(minutes=1)
    ask(client, "ada@example.org")
    assert len(mail.all) == 5


def test_a_stranger_who_keeps_asking_shuts_nobody_out(client, ada, inbox, clock):
    """At every moment the newest mail is good, or asking brings a good one."""
    for _ in range(90):
        ask(client, "ada@example.org")
        assert client.get(inbox("ada@example.org").link).status_code == 200
        clock.advance(minutes=1)


def ask_at_once(app, email, times=10):
    db.session.rollback()  # What the test read last must hold no lock.
    start, statuses = threading.Barrier(times), []

    def press():
        start.wait()
        statuses.append(ask(app.test_client(), email).status_code)

    threads = [threading.Thread(target=press) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * times


@pytest.mark.parametrize("email", ADDRESSES)
def test_asking_ten_times_at_once_sends_one_mail(app, ada, mail, clock, email):
    """The first time, and when the address is known to have asked before."""
    ask_at_once(app, email)
    assert len(mail.all) == 1
    clock.advance(minutes=2)
    ask_at_once(app, email)
    assert len(mail.all) == 2


def test_guesses_for_an_unknown_address_are_counted_too(client):
    guess(client, "nobody@example.org")
    assert SignInAllowance.of("nobody@example.org").guesses == 1


def test_what_an_address_had_is_forgotten_after_a_day(client, mail, clock):
    ask(client, "nobody@example.org")
    clock.advance(hours=23)
    forget_old_rows.call_local()
    assert db.session.query(SignInAllowance).count() == 1
    clock.advance(hours=2)
    forget_old_rows.call_local()
    assert db.session.query(SignInAllowance).count() == 0


def test_one_mailbox_under_many_names_is_one_stranger(client, mail):
    for number in range(20):
        assert ask(client, f"nobody+{number}@example.org").status_code == 200
    assert len(mail.all) == 1


def test_who_asks_for_other_names_of_a_mailbox_does_not_shut_its_owner_out(client, ada, inbox, mail):
    ask(client, "ada+1@example.org")
    ask(client, "ada@example.org")
    assert len(inbox("ada@example.org").mails) == 1


def test_a_department_signs_in_through_one_network_and_a_crowd_does_not(client, limits, mail):
    assert {ask(client, f"someone{number}@example{number}.org").status_code for number in range(40)} == {200}
    assert {ask(client, "no address").status_code for _ in range(260)} == {422}
    assert ask(client, "late@example.org").status_code == 429


def test_a_department_types_its_codes_in_one_network_and_a_crowd_does_not(client, limits):
    assert {guess(client, "no address").status_code for _ in range(300)} == {422}
    assert guess(client, "late@example.org").status_code == 429
