import pytest

from app import tokens
from app.extensions import db
from app.newsletter.sign_ups import SignUp
from app.people.models import Consent
from tests.newsletter.conftest import ADA, Reader, at_once, path_in, rows_of_everybody


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_changes_nothing(ada, method):
    ada.sign_up()
    before = rows_of_everybody()
    for _ in range(3):
        assert getattr(ada.client, method)(ada.confirmation_path()).status_code == 200
    assert rows_of_everybody() == before


def test_confirming_twice_welcomes_once(ada, work, clock):
    ada.subscribe()
    clock.advance(minutes=3)
    before = ada.subscription.confirmed_at
    assert ada.confirm().status_code == 303
    assert "You are in" in ada.client.get(ada.confirmation_path()).text
    work()
    assert len(ada.mail.to(ADA, "followups/step")) == 1
    assert [line.action for line in ada.ledger] == ["requested", "given"]
    assert ada.subscription.confirmed_at == before


def test_ten_presses_at_once_are_one_confirmation(app, ada, work):
    ada.sign_up()
    path = ada.confirmation_path()
    assert at_once(app, 10, lambda client, _: client.post(path).status_code) == [303] * 10
    work()
    assert len(ada.mail.to(ADA, "followups/step")) == 1
    assert [line.action for line in ada.ledger] == ["requested", "given"]


def test_a_link_works_for_seven_days(ada, clock):
    ada.sign_up()
    clock.advance(days=7)
    assert ada.client.get(ada.confirmation_path()).status_code == 200
    clock.advance(seconds=2)
    for answer in (ada.client.get(ada.confirmation_path()), ada.confirm()):
        assert answer.status_code == 410
        assert "no longer works" in answer.text
        assert "Send a new link" in answer.text
    assert ada.subscription.state == "waiting"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "x", lambda t: "x", lambda t: "a.b.c", lambda t: "é"]
)
def test_a_tampered_link_is_refused(ada, change):
    ada.sign_up()
    path = "/newsletter/confirm/" + change(ada.confirmation_path().rpartition("/")[2])
    assert ada.client.get(path).status_code == 410
    assert ada.client.post(path).status_code == 410
    assert ada.subscription.state == "waiting"


def test_links_of_another_purpose_are_refused(ada):
    subscription = ada.subscribe()
    sign_up = db.session.scalars(db.select(SignUp)).one()
    foreign = {
        "confirm": ("unsubscribe", [subscription.id, sign_up.nonce]),
        "unsubscribe": ("preferences", [ada.person.id, int(ada.person.created_at.timestamp())]),
        "preferences": ("unsubscribe", [ada.person.id, int(ada.person.created_at.timestamp())]),
    }
    for kind, (purpose, payload) in foreign.items():
        token = tokens.sign(purpose, payload)
        assert ada.client.get(f"/newsletter/{kind}/{token}").status_code == 410
        assert ada.client.post(f"/newsletter/{kind}/{token}").status_code == 410
    assert ada.subscription.state == "active"


def test_a_link_for_one_subscription_does_not_open_another(ada):
    ada.sign_up()
    grace = Reader(ada.client, ada.mail, "grace@example.org")
    grace.sign_up()
    mixed = tokens.sign("newsletter-confirm", [ada.subscription.id, db.session.scalars(
        db.select(SignUp).filter_by(subscription_id=grace.subscription.id)).one().nonce])  # fmt: skip
    assert ada.client.post(f"/newsletter/confirm/{mixed}").status_code == 410


def test_links_from_before_leaving_bring_nobody_back(ada, clock):
    ada.sign_up()
    first = ada.confirmation_path()
    clock.advance(minutes=11)
    ada.sign_up()
    second = ada.confirmation_path()
    ada.client.post(first)
    leave(ada)
    for old in (first, second):
        assert ada.client.get(old).status_code == 410
        assert ada.client.post(old).status_code == 410
    assert ada.subscription.state == "left"


def test_coming_back_takes_a_new_confirmation_and_is_new_consent(ada, work, clock):
    ada.subscribe(first_name="Ada", topics=["career"])
    work()
    leave(ada)
    clock.advance(days=30)
    ada.sign_up(source="/guide", topics=["leadership"])
    assert (ada.subscription.state, ada.topics) == ("left", ["career"])
    ada.confirm()
    assert (ada.subscription.state, ada.topics) == ("active", ["leadership"])
    assert [line.action for line in ada.ledger] == ["requested", "given", "withdrawn", "requested", "given"]
    assert ada.ledger[-1].at == clock.time
    assert Consent.last_word(ada.person, "newsletter") == "given"


def test_an_expired_link_is_renewed_with_what_was_asked(ada, clock):
    ada.sign_up(topics=["career"])
    clock.advance(days=8)
    assert ada.client.post("/newsletter/new-link", data={"email": ADA}).location == "/newsletter/check-inbox"
    ada.confirm()
    assert (ada.subscription.state, ada.topics) == ("active", ["career"])


def test_a_new_link_for_a_subscriber_leads_to_the_preferences(ada, clock):
    ada.subscribe()
    clock.advance(hours=1)
    ada.client.post("/newsletter/new-link", data={"email": ADA})
    (email,) = ada.mail.to(ADA, "newsletter/new_link")
    assert ada.client.get(path_in(email, "preferences")).status_code == 200
    assert ada.client.get(path_in(email, "unsubscribe")).status_code == 200
    assert "List-Unsubscribe" in email.headers


def test_asking_for_a_new_link_tells_nothing_about_an_address(ada, clock):
    ada.subscribe()
    clock.advance(hours=1)
    known = ada.client.post("/newsletter/new-link", data={"email": ADA})
    unknown = ada.client.post("/newsletter/new-link", data={"email": "nobody@example.org"})
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert [email.template for email in ada.mail.to("nobody@example.org")] == ["newsletter/not_subscribed"]


def test_new_links_share_the_ten_minutes_with_sign_ups(ada, clock):
    ada.sign_up()
    ada.client.post("/newsletter/new-link", data={"email": ADA})
    assert len(ada.mail.all) == 1


def test_twenty_new_links_at_once_for_a_stranger_are_one_mail(app, ada):
    at_once(app, 20, lambda client, _: client.post("/newsletter/new-link", data={"email": "nobody@example.org"}))
    assert ada.mail.recipients == ["nobody@example.org"]


def test_a_trapped_request_for_a_link_writes_nothing(ada):
    before = rows_of_everybody()
    answer = ada.client.post("/newsletter/new-link", data={"email": ADA, "website": "x"})
    assert answer.location == "/newsletter/check-inbox"
    assert rows_of_everybody() == before


def test_the_confirmation_mail_is_whole_and_is_no_list_mail(ada):
    ada.sign_up()
    (email,) = ada.confirmations
    assert email.headers == {"Auto-Submitted": "auto-generated"}
    assert email.subject == "Please confirm: the newsletter of The Developing Doctor"
    assert "seven days" in email.body
    for text in (email.body, email.html):
        assert "{{" not in text
        assert "http://localhost:8000/newsletter/confirm/" in text
        assert 'href=""' not in text


def leave(reader):
    from app.followups.leaving import unsubscribe_url

    reader.client.post(unsubscribe_url(reader.person).removeprefix("http://localhost:8000"))
