"""What Postmark tells by webhook, and what only claims to come from it."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from app.extensions import db
from app.newsletter.returned.suppressing import lift
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, Suppression
from tests.newsletter.conftest import ADA, fresh, rows_of_everybody
from tests.newsletter.returned.conftest import counters, reason, with_one_changed

LOGIN = "postmark:a long and random password"


@pytest.fixture(autouse=True)
def monday(clock):
    """A day before the moments that are told here."""
    clock.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def postmark(app, monkeypatch):
    monkeypatch.setitem(app.config, "POSTMARK_WEBHOOK_LOGIN", LOGIN)


def record(kind="HardBounce", record_type="Bounce", **fields):
    usual = {"RecordType": record_type, "Type": kind, "Email": ADA, "BouncedAt": "2026-11-24T09:00:00Z", "ID": 42}
    return usual | {"Details": "smtp;550 5.1.1 unknown"} | fields


def post_record(client, told, login=LOGIN):
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login is not None else {}
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    path = "/newsletter/webhooks/postmark"
    return client.post(path, data=body, content_type="application/json", headers=headers).status_code


def test_a_hard_bounce_at_postmark_suppresses_and_counts_once(client, postmark, delivery):
    assert [post_record(client, record()) for _ in range(2)] == [200, 200]
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert fresh(lambda: Suppression.of(ADA)).detail == "HardBounce: smtp;550 5.1.1 unknown"


@pytest.mark.parametrize(
    "told", [record("SpamComplaint"), record("SpamComplaint", "SpamComplaint"), record("x", "SpamComplaint")]
)
def test_a_complaint_at_postmark_unsubscribes_and_suppresses(client, postmark, delivery, subscribed, told):
    assert post_record(client, told) == 200
    assert (reason(), subscribed.subscription.state, counters(delivery)) == (COMPLAINT, "left", (0, 1))


@pytest.mark.parametrize(
    ("kind", "noted", "counted"),
    [("SoftBounce", "soft", 1), ("DnsError", "soft", 1), ("SpamNotification", None, 1), ("Transient", None, 0),
     ("AutoResponder", None, 0), ("Unsubscribe", None, 0), (None, None, 0)],
)  # fmt: skip
def test_postmarks_words_are_understood(client, postmark, delivery, kind, noted, counted):
    assert post_record(client, record(kind)) == 200
    db.session.refresh(delivery)
    assert (delivery.bounce_kind, counters(delivery), reason()) == (noted, (counted, 0), None)


@pytest.mark.parametrize(
    "told",
    [{}, record(Email=None), record(Email=["x"]), record(Email="x\r\ny@example.org"), record(record_type="Open")],
)
def test_a_record_of_nobody_changes_nothing(client, postmark, delivery, told):
    before = rows_of_everybody()
    assert post_record(client, told) == 200
    assert rows_of_everybody() == before


def test_odd_letters_in_a_record_break_nothing(client, postmark, delivery):
    assert post_record(client, record(Details="\ud800\x00\u202e")) == 200
    assert reason() == HARD_BOUNCE


def test_odd_values_in_a_record_are_passed_over(client, postmark, delivery):
    for odd in with_one_changed(record()):
        assert post_record(client, odd) == 200, odd


@pytest.mark.parametrize(
    "login", [None, "", ":", "postmark:", "postmark:wrong", "x:a long and random password", LOGIN + " "]
)
def test_a_record_without_the_right_login_changes_nothing(client, postmark, delivery, login):
    before = rows_of_everybody()
    assert post_record(client, record(), login) == 403
    assert rows_of_everybody() == before


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"[1]", 400), (b"x" * 300_000, 413)])
def test_what_is_no_record_is_refused(client, postmark, body, status):
    assert post_record(client, body) == status


def test_a_record_sent_again_does_not_undo_the_owners_word(client, postmark, subscribed, clock):
    post_record(client, record())
    clock.advance(days=1)
    assert lift(ADA)
    db.session.commit()
    assert post_record(client, record()) == 200
    assert reason() is None


def test_a_webhook_that_is_not_set_up_is_not_there(app, client, delivery):
    assert app.config["POSTMARK_WEBHOOK_LOGIN"] is None
    assert [post_record(client, record(), login) for login in (LOGIN, None, "None:None", ":")] == [404] * 4
    assert reason() is None


def test_only_posts_are_heard(client, postmark):
    assert client.get("/newsletter/webhooks/postmark").status_code == 405
