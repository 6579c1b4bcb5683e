"""Having everything erased, from one's own page."""

import json
import re

import pytest

from app.clock import now
from app.enrollment import emails as enrollment_emails
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.followups.leaving import data_url, preferences_url, unsubscribe_url
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.preferences.my_data import proof_of
from app.newsletter.sending.deliveries import Delivery
from app.outbox import Email
from app.outbox.tasks import sweep_outbox
from app.payments.stripe_events import StripeEvent
from app.people.models import Person
from app.people.suppressions import Suppression
from tests.newsletter.conftest import ADA, at_once, fresh, path_in, rows_of_everybody
from tests.newsletter.everything import FORMER, GRACE, NAME, traces, with_everything
from tests.studio import factories

PARTS = ("Quillfeather", "Zephyrine", GRACE, FORMER, "g.murray", "grace.hopper")


def erase(client, person):
    return client.post(f"/newsletter/my-data/{proof_of(person)}/erasure")


def test_nothing_is_left_but_the_books_and_the_hash(client, mail_server, work, clock):
    person = with_everything()
    assert {"person.email", "email.body", "subscription.time_zone"} <= traces(*PARTS, "chicago")
    assert erase(client, person).status_code == 303
    work()
    sweep_outbox.call_local()
    assert traces(*PARTS) == {"course_order.name"}  # The name on the receipt.
    entry = fresh(lambda: Suppression.of(GRACE))
    assert (entry.reason, entry.address, entry.detail) == ("erased", None, "")
    assert fresh(lambda: Suppression.of(FORMER)).reason == "soft bounces"


def test_who_bought_nothing_leaves_no_row(client, mail_server, work):
    person = Subscription.at(ADA).person
    db.session.commit()
    erase(client, person)
    work()
    assert traces(ADA) == set()
    assert fresh(lambda: db.session.query(Person).count()) == 0


def test_an_unpaid_order_keeps_no_name(client, mail_server, work):
    person = with_everything(paid=False)
    erase(client, person)
    work()
    sweep_outbox.call_local()
    assert traces(*PARTS) == set()


def test_others_lose_nothing(client, mail_server, work):
    # Addresses that hold the one to erase, or begin with it.
    others = [f"x{GRACE}", f"{GRACE}.uk", "grace.hopper@example.com"]
    for address in others:
        factories.subscription(address, "Somebody Else")
        factories.email("owner@doctor.example.org", "About them", body=f"Somebody Else <{address}> called")
    db.session.commit()
    work()
    person = with_everything()
    db.session.rollback()
    before = [email.id for email in db.session.query(Email) if "Somebody Else" in email.body]
    erase(client, person)
    after = fresh(lambda: [email.id for email in db.session.query(Email) if "Somebody Else" in email.body])
    assert after == before
    assert fresh(lambda: [bool(Person.with_email(address)) for address in others]) == [True] * 3


def test_the_last_mail_says_so_and_is_deleted_once_it_is_sent(client, mail_server, work):
    person = with_everything()
    work()
    mail_server.received.clear()
    erase(client, person)
    work()
    to_her = [message for message in mail_server.received if message["To"] == GRACE]
    (last,) = to_her
    assert "You are erased" in last["Subject"]
    assert "books" in last.get_body(("plain",)).get_content()
    assert fresh(lambda: db.session.query(Email).filter_by(to_address=GRACE).count()) == 0


def test_the_coach_is_told_of_what_is_called_off_and_the_site_forgets_it(client, mail_server, work):
    person = with_everything()
    work()
    mail_server.received.clear()
    erase(client, person)
    work()
    (told,) = [message for message in mail_server.received if "Called off" in message["Subject"]]
    assert told["To"] == "owner@doctor.example.org"
    assert GRACE in told.get_body(("plain",)).get_content()


def test_a_last_mail_that_finds_no_server_is_forgotten_after_three_days(client, work, clock):
    person = with_everything()
    erase(client, person)
    work()
    assert "email.to_address" in traces(GRACE)
    clock.advance(days=3, minutes=1)
    sweep_outbox.call_local()
    assert traces(*PARTS) == {"course_order.name"}


def test_a_mail_in_hand_of_a_worker_goes_out_and_then_goes(client):
    person = with_everything()
    email = db.session.query(Email).filter_by(to_address=GRACE, template="tests/hello").one()
    email.claimed_by = "a worker"
    db.session.commit()
    erase(client, person)
    kept = fresh(lambda: db.session.get(Email, email.id))
    assert kept.is_fleeting
    kept.mark_sent()
    db.session.commit()
    sweep_outbox.call_local()
    assert fresh(lambda: db.session.get(Email, email.id)) is None


def test_an_issue_on_its_way_waits_for_nobody_who_is_gone(client):
    person = with_everything()
    erase(client, person)
    one, two = fresh(lambda: list(db.session.query(Issue).order_by(Issue.id)))
    assert (one.sent, one.skipped, two.recipients, two.skipped) == (1, 0, 1, 1)
    assert fresh(lambda: db.session.query(Delivery).count()) == 0


def test_stripe_may_still_tell_of_the_purchase(client):
    person = with_everything()
    erase(client, person)
    subjects = fresh(lambda: [event.subject for event in db.session.query(StripeEvent).order_by(StripeEvent.id)])
    assert subjects == [
        {"id": "cs_1", "object": "checkout.session"},
        {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"},
    ]


def test_a_refund_after_that_writes_to_nobody(client, mail):
    person = with_everything()
    erase(client, person)
    order = fresh(lambda: db.session.query(Order).filter(Order.stripe_payment_intent_id == "pi_1").one())
    before = len(mail.all)
    (enrollment,) = Enrollment.of_order(order)
    enrollment_emails.refunded(enrollment, 120000)
    db.session.commit()
    assert len(mail.all) == before


def test_old_links_mean_nothing_any_more(client):
    person = with_everything()
    letters = preferences_url(person), unsubscribe_url(person)
    proof = proof_of(person)
    erase(client, person)
    before = rows_of_everybody()
    assert client.get(letters[0]).status_code == 410
    assert client.post(letters[0], data={"name": NAME}).status_code == 410
    assert client.post(letters[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert "You have left" in client.get(letters[1]).text
    for path in ("", "/export", "/erasure"):
        assert client.get(f"/newsletter/my-data/{proof}{path}").status_code == 410
    assert client.post(f"/newsletter/my-data/{proof}/erasure").status_code == 410
    assert rows_of_everybody() == before


@pytest.mark.parametrize("has_books", [True, False])
def test_pressing_ten_times_at_once_erases_once(app, client, mail, has_books):
    person = with_everything() if has_books else Subscription.at(GRACE).person
    db.session.commit()
    path = f"/newsletter/my-data/{proof_of(person)}/erasure"
    answers = at_once(app, 10, lambda client, _: client.post(path).status_code)
    assert sorted(answers) == [303] + [410] * 9
    assert [email.template for email in mail.to(GRACE)] == ["newsletter/erased"]


def test_coming_back_begins_anew(ada):
    subscription = ada.subscribe(first_name="Ada", topics=["career"])
    erase(ada.client, subscription.person)
    assert ada.person is None
    ada.subscribe()
    assert (ada.person.name, ada.topics, ada.subscription.state) == ("", [], "active")
    assert fresh(lambda: Suppression.of(ADA)) is None


def test_the_owner_cannot_be_erased(client):
    person = Person.at("owner@doctor.example.org", local=True)
    person.make_owner()
    db.session.commit()
    assert "cannot be without one" in client.get(f"/newsletter/my-data/{proof_of(person)}/erasure").text
    before = rows_of_everybody()
    assert erase(client, person).status_code == 409
    assert rows_of_everybody() == before


@pytest.mark.parametrize("moments", [{"look_at": None}, {"awaiting_payment_at": "now"}], ids=["page open", "bank"])
def test_nobody_is_erased_in_the_middle_of_a_purchase(client, moments):
    person = Person.at(GRACE)
    moments = {name: now() if value == "now" else value for name, value in moments.items()}
    factories.order(GRACE, NAME, enrolled=False, **moments)
    db.session.commit()
    page = client.get(f"/newsletter/my-data/{proof_of(person)}/erasure").text
    assert "not decided yet" in page
    assert "Erase everything about me" not in page
    before = rows_of_everybody()
    assert erase(client, person).status_code == 409
    assert rows_of_everybody() == before


def test_the_page_says_what_goes_and_what_stays_and_changes_nothing(client):
    person = with_everything()
    path = f"/newsletter/my-data/{proof_of(person)}/erasure"
    before = rows_of_everybody()
    page = client.get(path).text
    assert "cannot be undone" in page
    assert "keep our books" in page
    assert "called off" in page
    client.head(path)
    assert rows_of_everybody() == before


def test_data_is_shown_only_with_a_link_that_was_mailed_just_now(ada, clock):
    ada.subscribe(first_name="Ada")
    letter = data_url(ada.person).removeprefix("http://localhost:8000")
    clock.advance(minutes=11)
    assert ADA not in ada.client.get(letter).text
    answer = ada.client.post(letter)
    assert answer.status_code == 303
    assert ADA not in ada.client.get(answer.location).text
    (mailed,) = ada.mail.to(ADA, "newsletter/my_data")
    path = path_in(mailed, "my-data")
    assert ADA in ada.client.get(path).text
    told = json.loads(ada.client.get(f"{path}/export").text)
    assert told["person"]["email"] == ADA
    clock.advance(minutes=61)
    for part in ("", "/export", "/erasure"):
        assert ada.client.get(path + part).status_code == 410
    assert ada.client.post(f"{path}/erasure").status_code == 410


def test_links_of_letters_are_no_proof(ada):
    ada.subscribe()
    for url in (preferences_url(ada.person), data_url(ada.person)):
        token = url.rpartition("/")[2]
        assert ada.client.get(f"/newsletter/my-data/{token}").status_code == 410
        assert ada.client.post(f"/newsletter/my-data/{token}/erasure").status_code == 410
    for path in ("preferences", "unsubscribe"):  # Of a receipt that was passed on, which has the latter link.
        assert ada.client.get(f"/newsletter/{path}/{token}").status_code == 410
    assert ada.person


def test_a_proof_ends_with_the_address_it_was_mailed_to(ada):
    ada.subscribe()
    path = f"/newsletter/my-data/{proof_of(ada.person)}"
    person = ada.person
    person.email = "new@example.org"
    db.session.commit()
    assert ada.client.get(path).status_code == 410


def test_asking_again_and_again_writes_once(ada, clock):
    ada.subscribe()
    letter = data_url(ada.person).removeprefix("http://localhost:8000")
    clock.advance(minutes=11)
    for _ in range(3):
        assert ada.client.post(letter).status_code == 303
    assert len(ada.mail.to(ADA, "newsletter/my_data")) == 1


def test_who_has_left_may_see_and_erase_too(ada):
    ada.subscribe().leave()
    db.session.commit()
    letter = preferences_url(ada.person).removeprefix("http://localhost:8000")
    assert "E-mail me the link" in ada.client.get(letter).text


def test_the_export_holds_what_every_room_knows(client):
    person = with_everything()
    told = json.loads(client.get(f"/newsletter/my-data/{proof_of(person)}/export").text)
    assert told["person"]["name"] == NAME
    assert told["person"]["consents"][0]["purpose"] == "newsletter"
    assert told["person"]["changes_of_address"][0]["old_address"] == FORMER
    assert told["newsletter"]["topics"] == ["Career"]
    assert told["newsletter"]["tags"] == ["conference"]
    assert [issue["state"] for issue in told["newsletter"]["issues"]] == ["sent", "waiting"]
    assert told["newsletter"]["departures"][0]["words"] == f"{NAME} was busy"
    assert told["consultations"][0]["goals"] == f"I am {NAME} and want to lead"
    assert told["course"]["orders"][1]["amount_cents"] == 120000
    assert {run["sequence"] for run in told["sequences"]} == {"newsletter-welcome", "coaching", "course"}
    assert "Dear" in "".join(mail["subject"] for mail in told["mails"])
    text = json.dumps(told)
    assert not re.search(r"nonce|uniquifier|code_hash", text)
