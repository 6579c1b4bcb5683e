from concurrent.futures import ThreadPoolExecutor

import pytest

from app.config import load
from app.environment import SettingError


@pytest.fixture
def environ(tmp_path):
    return {"INSTANCE_PATH": str(tmp_path)}


def test_nothing_needs_to_be_set(environ):
    settings = load(environ)
    assert settings["SITE_URL"] == "http://localhost:8000"
    assert settings["SQLALCHEMY_DATABASE_URI"].startswith("sqlite:///")
    assert settings["MAIL_SERVER"] is None


def test_the_local_secret_is_made_once_and_kept_private(environ, tmp_path):
    assert load(environ)["SECRET_KEY"] == load(environ)["SECRET_KEY"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", ["", "short"])
def test_a_damaged_secret_is_refused_rather_than_used(environ, tmp_path, kept):
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(SettingError, match=r"SECRET_KEY .* is damaged"):
        load(environ)


def test_processes_that_start_at_once_share_one_secret(environ):
    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(lambda _: load(environ)["SECRET_KEY"], range(60)))) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "99999"),
        ("MAIL_PORT", "99999"),
        ("INSTANCE_PATH", "/dev/null/instance"),
        ("SITE_URL", "http://[::1"),
        ("SITE_URL", "http://local host"),
        ("SITE_URL", "www.example.org"),
        ("SITE_URL", "https://www.example.org/somewhere"),
        ("DATABASE_URL", "mysql://localhost/site"),
        ("QUEUE_URL", "amqp://localhost"),
        ("REDIS_URL", "localhost:6379"),
        ("SECRET_KEY", "short"),
        ("MAIL_PORT", "-1"),
        ("MAIL_USE_TLS", "yes please"),
        ("MAIL_RATE_PER_SECOND", "0"),
        ("MAIL_RATE_PER_SECOND", "inf"),
        ("MAIL_RATE_PER_SECOND", "nan"),
        ("MAIL_CONNECTIONS", "0"),
        ("MAIL_DEFAULT_SENDER", "nobody"),
        ("MAIL_DEFAULT_SENDER", "A <a@example.org>\nBcc: b@example.org"),
        ("MAIL_BOUNCE_ADDRESS", "nobody"),
        ("MAIL_BOUNCE_ADDRESS", "Bounces <bounces@example.org>"),
        ("MAIL_BOUNCE_ADDRESS", f"{'b' * 29}@example.org"),
        ("MAIL_DKIM_SELECTOR", "s1._domainkey.example.org."),
        ("BOUNCE_IMAP_URL", "imaps://imap.example.org/INBOX"),
        ("BOUNCE_IMAP_URL", "imap://user:password@imap.example.org/INBOX"),
        ("BOUNCE_IMAP_URL", "imaps://user:password@imap.example.org/IN BOX"),
        ("BOUNCE_IMAP_URL", "https://user:password@imap.example.org/INBOX"),
        ("SES_TOPIC_ARN", "bounces"),
        ("SES_TOPIC_ARN", "arn:aws:sns:s3:123456789012:bounces"),
        ("POSTMARK_WEBHOOK_LOGIN", "postmark:short"),
        ("POSTMARK_WEBHOOK_LOGIN", "a password of no user at all"),
        ("OWNER_EMAIL", "nonsense"),
        ("OWNER_EMAIL", "owner@example.org\nBcc: x@example.org"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "all"),
        ("RATELIMIT_ENABLED", "maybe"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(environ, name, value):
    with pytest.raises(SettingError, match=f"^{name} .*") as refused:
        load(environ | {name: value})
    assert len(str(refused.value).splitlines()) == 1 or "\n" in value


def test_https_needs_a_secret_of_its_own(environ):
    with pytest.raises(SettingError, match="SECRET_KEY is missing"):
        load(environ | {"SITE_URL": "https://www.example.org"})


def test_a_stripe_key_without_a_webhook_secret_is_refused(environ):
    with pytest.raises(SettingError, match="STRIPE_WEBHOOK_SECRET is missing"):
        load(environ | {"STRIPE_SECRET_KEY": "sk_test_x"})


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x"])
def test_a_live_key_never_goes_to_another_api(environ, key):
    stripe = {"STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": "whsec_x"}
    load(environ | stripe)
    with pytest.raises(SettingError, match="STRIPE_API_BASE"):
        load(environ | stripe | {"STRIPE_API_BASE": "http://127.0.0.1:8001"})


def test_tls_and_ssl_together_are_refused(environ):
    with pytest.raises(SettingError, match="MAIL_USE_SSL"):
        load(environ | {"MAIL_USE_SSL": "1", "MAIL_USE_TLS": "1"})


def test_cookies_are_locked_to_the_host_under_https(environ):
    settings = load(environ | {"SITE_URL": "https://www.example.org", "SECRET_KEY": "x" * 40})
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")


def test_letters_come_back_to_the_sender_unless_told_otherwise(environ):
    sender = {"MAIL_DEFAULT_SENDER": "The Doctor <hello@example.org>"}
    assert load(environ | sender)["MAIL_BOUNCE_ADDRESS"] == "hello@example.org"
    bounces = {"MAIL_BOUNCE_ADDRESS": "bounces@mail.example.org"}
    assert load(environ | sender | bounces)["MAIL_BOUNCE_ADDRESS"] == "bounces@mail.example.org"
