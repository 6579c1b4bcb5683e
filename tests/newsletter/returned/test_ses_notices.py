"""What Amazon SES tells by webhook, and what only claims to come from it."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest

from app.extensions import db
from app.newsletter.returned import sns
from app.newsletter.returned.suppressing import lift
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES, Suppression
from tests.newsletter.conftest import ADA, at_once, fresh, rows_of_everybody
from tests.newsletter.returned.amazon import (
    AMAZON,
    CERTIFICATE,
    FORGER,
    HOST,
    SUBSCRIBE,
    TOPIC,
    Amazon,
    bounce,
    complaint,
    notice,
    tell,
)
from tests.newsletter.returned.conftest import counters, reason, sent, with_one_changed


@pytest.fixture
def amazon(app, monkeypatch):
    """Amazon's host, reached on loopback. Which hosts are Amazon's is decided before, by the site's own rules."""
    server = Amazon()
    hosts = []

    def connect(host):
        hosts.append(host)
        return HTTPConnection("127.0.0.1", server.server_address[1], timeout=2)

    monkeypatch.setitem(app.config, "SES_TOPIC_ARN", TOPIC)
    monkeypatch.setattr(sns, "connect", connect)
    sns._kept_key.cache_clear()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    sns._kept_key.cache_clear()
    assert set(hosts) <= {"sns.eu-west-1.amazonaws.com"}


@pytest.fixture(autouse=True)
def monday(clock):
    """A day before the moments that are told here."""
    clock.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("form", ["notificationType", "eventType"])
def test_a_signed_bounce_suppresses_and_counts_once(client, amazon, delivery, clock, version, form):
    signed = AMAZON.signed(notice(bounce(delivery, form=form), clock), version)
    assert [tell(client, signed) for _ in range(3)] == [200] * 3
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert amazon.asked == [CERTIFICATE.removeprefix(HOST)]


def test_a_signed_complaint_unsubscribes_and_suppresses(client, amazon, delivery, subscribed, clock):
    signed = AMAZON.signed(notice(complaint(delivery, address="x@redacted.example"), clock, Subject="Complaint"))
    assert [tell(client, signed) for _ in range(2)] == [200, 200]
    assert (reason(), counters(delivery), subscribed.subscription.state) == (COMPLAINT, (0, 1), "left")
    assert fresh(lambda: Suppression.of("x@redacted.example")) is None


def test_without_our_mark_the_address_tells(client, amazon, delivery, clock):
    clock.advance(hours=1)
    assert tell(client, AMAZON.signed(notice(bounce(address="Ada <ADA@example.org>", at=clock.time), clock))) == 200
    assert tell(client, AMAZON.signed(notice(bounce(address="grace@example.org"), clock))) == 200
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert fresh(lambda: Suppression.of("grace@example.org").reason) == HARD_BOUNCE


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"kind": "Transient", "sub_type": "MailboxFull", "status": "4.2.2"}, "soft"),
        ({"kind": "Undetermined", "status": "", "diagnosticCode": "smtp; 451 4.3.0 try later"}, "soft"),
        ({"kind": "Transient", "status": "4.7.0", "diagnosticCode": "smtp; 421 4.7.0 deferred"}, None),
        ({"kind": "Transient", "sub_type": "MessageTooLarge"}, None),
        ({"kind": "Permanent", "diagnosticCode": "smtp; 550 5.7.1 blocked as spam"}, None),
        ({"kind": "Permanent", "sub_type": "Suppressed", "status": ""}, "hard"),
    ],
)
def test_amazons_words_are_understood(client, amazon, delivery, clock, told, kind):
    assert tell(client, AMAZON.signed(notice(bounce(delivery, **told), clock))) == 200
    db.session.refresh(delivery)
    assert (delivery.bounce_kind, counters(delivery)) == (kind, (1, 0))


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_automatic_answers_are_no_bounces(client, amazon, subscribed, clock, kind):
    letters = []
    for _ in range(3):
        letters.append(sent(clock.time))
        told = bounce(letters[-1], kind=kind, sub_type="General", status="", diagnosticCode="")
        assert tell(client, AMAZON.signed(notice(told, clock))) == 200
        clock.advance(days=7)
    assert (reason(), [counters(letter) for letter in letters]) == (None, [(0, 0)] * 3)


def test_three_full_mailboxes_in_a_row(client, amazon, subscribed, clock):
    for expected in (None, None, SOFT_BOUNCES):
        told = bounce(sent(clock.time), kind="Transient", sub_type="MailboxFull", status="4.2.2")
        assert tell(client, AMAZON.signed(notice(told, clock))) == 200
        assert reason() == expected
        clock.advance(days=7)


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.", "", "{}",
        '{"notificationType": "Delivery", "mail": {}}', '{"notificationType": "Bounce"}',
        '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": ["x", {}, {"emailAddress": 1}]}, "mail": 7}',
        '{"notificationType": "Bounce", "bounce": [], "mail": {"source": ["hello+1-0@doctor.example.org"]}}',
        complaint(feedback="not-spam"),
    ],
)  # fmt: skip
def test_what_is_neither_bounce_nor_complaint_changes_nothing(client, amazon, delivery, clock, message):
    before = rows_of_everybody()
    assert tell(client, AMAZON.signed(notice(message, clock))) == 200
    assert rows_of_everybody() == before


def forgeries(clock, message):
    good = notice(message, clock)
    yield "another's signature", FORGER.signed(good)
    yield "no signature", good
    yield "altered", AMAZON.signed(good) | {"Message": message.replace(ADA, "grace@example.org")}
    yield (
        "another type",
        AMAZON.signed(good) | {"Type": "SubscriptionConfirmation", "SubscribeURL": SUBSCRIBE, "Token": "x"},
    )
    yield "another topic", AMAZON.signed(good | {"TopicArn": TOPIC.replace("1234", "4321")})
    yield "a version nobody knows", AMAZON.signed(good) | {"SignatureVersion": "3"}
    yield "a weaker version", AMAZON.signed(good) | {"SignatureVersion": "1"}
    yield "no moment", AMAZON.signed(good | {"Timestamp": "yesterday"})
    yield "a moment altered", AMAZON.signed(good) | {"Timestamp": "2026-11-24T09:00:01.000Z"}
    yield "values that are no text", AMAZON.signed(good) | {"Signature": ["x"]}
    yield "a subject slipped in", AMAZON.signed(good) | {"Subject": "x"}
    yield "half a pair of letters", AMAZON.signed(good) | {"Message": "\ud800"}
    yield "an old one", AMAZON.signed(notice(message, clock, Timestamp="2026-11-20T09:00:00.000Z"))


@pytest.mark.parametrize("number", range(13))
def test_a_forged_or_stale_notice_changes_nothing(client, amazon, delivery, clock, number):
    what, forged = list(forgeries(clock, bounce(delivery)))[number]
    before = rows_of_everybody()
    assert tell(client, forged) == 403, what
    assert rows_of_everybody() == before


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.s3.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
        "https://127.0.0.1/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem", "https://sns.eu-west-1.amazonaws.com/x.txt",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem\r\nHost: x",
        "https://[", "",
    ],
)  # fmt: skip
def test_a_certificate_is_fetched_from_nowhere_else(client, amazon, delivery, clock, url):
    assert tell(client, AMAZON.signed(notice(bounce(delivery), clock)) | {"SigningCertURL": url}) == 403
    assert amazon.asked == []
    assert reason() is None


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [(302, AMAZON.pem, 503), (500, b"", 503), (200, b"no certificate", 403), (200, b"", 403)],
)
def test_a_certificate_that_is_not_to_be_had_changes_nothing(client, amazon, delivery, clock, status, body, answer):
    amazon.status, amazon.body, amazon.location = status, body, "https://sns.eu-west-1.amazonaws.com/elsewhere"
    signed = AMAZON.signed(notice(bounce(delivery), clock))
    assert tell(client, signed) == answer
    assert (reason(), len(amazon.asked)) == (None, 1)
    amazon.status, amazon.body, amazon.location = 200, AMAZON.pem, None
    assert tell(client, signed) == 200
    assert reason() == HARD_BOUNCE


def subscription_notice(clock, **fields):
    return notice("You have chosen to subscribe.", clock, Type="SubscriptionConfirmation", Token="abc", **fields)


def test_the_subscription_is_confirmed_at_amazon(client, amazon, clock):
    assert tell(client, AMAZON.signed(subscription_notice(clock, SubscribeURL=SUBSCRIBE))) == 200
    assert amazon.asked[1:] == [SUBSCRIBE.removeprefix(HOST)]


@pytest.mark.parametrize(
    "url", ["https://evil.example/?x", "http://sns.eu-west-1.amazonaws.com/?x", f"{HOST}/elsewhere", ""]
)
def test_a_subscription_is_confirmed_nowhere_else(client, amazon, clock, url):
    assert tell(client, AMAZON.signed(subscription_notice(clock, SubscribeURL=url))) == 403
    assert len(amazon.asked) == 1


def test_a_subscription_somebody_else_asks_for_is_not_confirmed(client, amazon, clock):
    assert tell(client, FORGER.signed(subscription_notice(clock, SubscribeURL=SUBSCRIBE))) == 403
    other = subscription_notice(clock, SubscribeURL=SUBSCRIBE, TopicArn=TOPIC.replace("bounces", "others"))
    assert tell(client, AMAZON.signed(other)) == 403
    assert len(amazon.asked) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"[]", 400), (b"null", 400), (b"{", 400), (b"\xff", 400), (b"{}", 403), (b"[" * 100_000, 400),
     (b'{"a":' * 40_000, 400), (b"9" * 5_000, 400), (b"x" * 300_000, 413)],
)  # fmt: skip
def test_what_is_no_notice_is_refused(client, amazon, body, status):
    assert tell(client, body) == status
    assert amazon.asked == []


def test_odd_values_in_a_notice_are_refused_in_peace(client, amazon, delivery, clock):
    before = rows_of_everybody()
    for forged in with_one_changed(AMAZON.signed(notice(bounce(delivery), clock, Subject="Bounce"))):
        assert tell(client, forged) == 403, forged
    assert rows_of_everybody() == before


@pytest.mark.parametrize("told", [bounce(), complaint(), bounce(kind="Transient")])
def test_odd_values_in_what_amazon_signed_are_passed_over(client, amazon, delivery, clock, told):
    for odd in with_one_changed(json.loads(told)):
        assert tell(client, AMAZON.signed(notice(json.dumps(odd), clock))) == 200, odd


def test_ten_of_the_same_notice_at_once_count_once(app, amazon, delivery, clock):
    signed = AMAZON.signed(notice(bounce(delivery), clock))
    assert at_once(app, 8, lambda client, _: tell(client, signed)) == [200] * 8
    assert counters(delivery) == (1, 0)


def test_a_notice_sent_again_later_does_not_undo_the_owners_word(client, amazon, subscribed, clock):
    signed = AMAZON.signed(notice(bounce(), clock))
    assert tell(client, signed) == 200
    clock.advance(minutes=30)
    assert lift(ADA)
    db.session.commit()
    assert tell(client, signed) == 200
    clock.advance(days=1)
    assert tell(client, signed) == 403
    assert reason() is None


def test_a_webhook_that_is_not_set_up_is_not_there(app, client, delivery, clock):
    assert app.config["SES_TOPIC_ARN"] is None
    assert tell(client, AMAZON.signed(notice(bounce(delivery), clock))) == 404
    assert reason() is None


def test_only_posts_are_heard(client, amazon):
    assert client.get("/newsletter/webhooks/ses").status_code == 405


def test_the_real_connection_is_checked_and_does_not_wait_for_ever():
    connection = sns.connect("sns.eu-west-1.amazonaws.com")
    assert (connection.default_port, connection.timeout) == (443, sns.PATIENCE_SECONDS)
    assert connection._context.check_hostname
    assert sns.host_of("arn:aws-cn:sns:cn-north-1:123456789012:x") == "sns.cn-north-1.amazonaws.com.cn"
    assert timedelta(hours=1) < sns.GOOD_FOR
