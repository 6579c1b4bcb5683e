import pytest

from app import followups, outbox
from app.extensions import db
from app.followups import SequenceRun
from app.followups.leaving import list_headers, unsubscribe_url
from app.followups.tasks import sweep_followups
from app.outbox import Email
from app.people.models import Consent, Person
from tests.newsletter.conftest import ADA, at_once, path_in, rows_of_everybody

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def way_out(reader):
    return unsubscribe_url(reader.person).removeprefix("http://localhost:8000")


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_changes_nothing(ada, method):
    ada.subscribe()
    path = way_out(ada)
    before = rows_of_everybody()
    for _ in range(3):
        assert getattr(ada.client, method)(path).status_code == 200
    assert rows_of_everybody() == before


def test_the_page_has_one_button_that_leaves(ada, clock):
    ada.subscribe()
    path = way_out(ada)
    page = ada.client.get(path).text
    assert "Unsubscribe</button>" in page
    assert ADA not in page
    answer = ada.client.post(path)
    assert (answer.status_code, answer.location) == (303, path)
    assert "You have left" in ada.client.get(path).text
    assert "sign up again" in ada.client.get(path).text
    assert (ada.subscription.state, ada.subscription.unsubscribed_at) == ("left", clock.time)
    assert ada.ledger[-1].action == "withdrawn"
    assert Consent.last_word(ada.person, "newsletter") == "withdrawn"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_as_gmail_sends_it(app, ada, content_type):
    ada.subscribe()
    url = list_headers(ada.person)["List-Unsubscribe"].split(",")[0].strip("<>")
    answer = app.test_client(use_cookies=False).post(url, data=ONE_CLICK, content_type=content_type)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    assert ada.subscription.state == "left"


def test_one_click_from_a_mail_providers_own_page(ada):
    ada.subscribe()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example.com"}
    assert ada.client.post(way_out(ada), data=ONE_CLICK, headers=headers).status_code == 200
    assert ada.subscription.state == "left"


def test_leaving_stops_every_sequence_and_what_is_due_later(ada, work, clock):
    ada.subscribe()
    course = followups.Sequence(name="enrolled", title="Enrolled", purpose="course", starts_on="enrolled")
    course.steps = [followups.SequenceStep(position=1, slug="a", subject="A", delay_hours=24, body="A")]
    db.session.add(course)
    db.session.flush()
    followups.happened("enrolled", ada.person, "order:1")
    db.session.commit()
    ada.client.post(way_out(ada), data=ONE_CLICK)
    work()
    clock.advance(days=10)
    sweep_followups.call_local()
    assert ada.mail.to(ADA, "followups/step") == []
    assert {run.stop_reason for run in db.session.scalars(db.select(SequenceRun))} == {"unsubscribed"}


def test_letters_that_wait_in_the_outbox_are_withdrawn_and_what_is_needed_is_not(ada):
    ada.subscribe()
    path, person, grace = way_out(ada), ada.person, Person.at("grace@example.org")
    db.session.flush()
    for reader in (person, grace):
        outbox.post(to=reader, template="newsletter/new_link", headers=list_headers(reader))
    in_hand = outbox.post(to=person, template="newsletter/new_link", headers=list_headers(person))
    in_hand.claimed_by = "a worker"
    outbox.post(to=person, template="newsletter/not_subscribed")
    db.session.commit()
    ada.client.post(path)
    db.session.expire_all()
    waiting = [(email.to_address, email.template, email.state, email.last_answer) for email in ada.mail.all]
    assert waiting == [
        (ADA, "newsletter/confirm_subscription", "waiting", ""),
        (ADA, "newsletter/new_link", "withdrawn", "withdrawn: no letters go to this reader any more"),
        ("grace@example.org", "newsletter/new_link", "waiting", ""),
        (ADA, "newsletter/new_link", "sending", ""),
        (ADA, "newsletter/not_subscribed", "waiting", ""),
    ]


def test_a_letter_that_was_sent_stays_sent(ada, mail_server, work):
    ada.subscribe()
    work()
    ada.client.post(way_out(ada))
    assert [email.state for email in ada.mail.to(ADA, "followups/step")] == ["sent"]


def test_a_sequence_started_after_leaving_sends_nothing(ada, work):
    ada.subscribe()
    work()
    ada.client.post(way_out(ada))
    followups.happened("sign-up", ada.person, "again")
    db.session.commit()
    work()
    assert len(ada.mail.to(ADA, "followups/step")) == 1


def test_the_link_works_again_and_again_and_for_ever(ada, clock):
    ada.subscribe()
    path = way_out(ada)
    ada.client.post(path, data=ONE_CLICK)
    before = rows_of_everybody()
    clock.advance(days=4000)
    assert ada.client.post(path, data=ONE_CLICK).status_code == 200
    assert ada.client.post(path).status_code == 303
    assert ada.client.get(path).status_code == 200
    assert rows_of_everybody() == before


def test_the_link_of_an_old_letter_leaves_again_after_coming_back(ada, clock):
    ada.subscribe()
    path = way_out(ada)
    ada.client.post(path)
    clock.advance(days=1)
    ada.subscribe()
    assert ada.subscription.state == "active"
    assert "Unsubscribe</button>" in ada.client.get(path).text
    ada.client.post(path)
    assert ada.subscription.state == "left"


def test_leaving_before_confirming_ends_the_mailed_link(ada):
    ada.sign_up()
    path = ada.confirmation_path()
    ada.client.post(way_out(ada))
    assert ada.client.post(path).status_code == 410
    assert not ada.subscription.is_active


def test_ten_one_clicks_at_once_are_one_leaving(app, ada):
    ada.subscribe()
    path = way_out(ada)
    assert at_once(app, 10, lambda client, _: client.post(path, data=ONE_CLICK).status_code) == [200] * 10
    assert [line.action for line in ada.ledger] == ["requested", "given", "withdrawn"]


def test_somebody_without_a_subscription_can_leave_too(ada):
    db.session.add(Person(email=ADA))
    db.session.commit()
    path = way_out(ada)
    assert "Unsubscribe</button>" in ada.client.get(path).text
    ada.client.post(path)
    assert "You have left" in ada.client.get(path).text


def test_the_link_of_an_erased_person_touches_nobody_else(ada, clock):
    ada.subscribe()
    path = way_out(ada)
    number = ada.person.id
    db.session.execute(db.delete(Email))
    db.session.delete(ada.person)
    db.session.commit()
    clock.advance(days=1)
    db.session.add(Person(id=number, email="grace@example.org"))
    db.session.commit()
    assert ada.client.post(path, data=ONE_CLICK).status_code == 200
    assert "You have left" in ada.client.get(path).text
    assert db.session.query(Consent).count() == 0


@pytest.mark.parametrize("token", ["x", "a.b.c", "WzFd.aaaaaa.bbbb"])
def test_a_link_that_is_not_ours_is_explained(client, token):
    for answer in (client.get(f"/newsletter/unsubscribe/{token}"), client.post(f"/newsletter/unsubscribe/{token}")):
        assert answer.status_code == 410
        assert "Send a new link" in answer.text


def test_the_welcome_carries_a_working_way_out(ada, work):
    ada.subscribe()
    work()
    (welcome,) = ada.mail.to(ADA, "followups/step")
    assert ada.client.get(path_in(welcome, "preferences")).status_code == 200
    ada.client.post(path_in(welcome, "unsubscribe"))
    assert ada.subscription.state == "left"


def test_personal_pages_are_kept_by_nobody(ada):
    ada.subscribe()
    for path in (ada.confirmation_path(), way_out(ada), way_out(ada).replace("unsubscribe", "preferences")):
        assert ada.client.get(path).headers["Cache-Control"] == "no-store"
