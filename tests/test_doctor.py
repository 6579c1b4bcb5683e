"""`flask doctor` tries each setting for real, and says in a line each what to mend."""

import re
from pathlib import Path

import pytest

from app.clock import now
from app.coaching.availability.models import Coach
from app.extensions import db
from app.outbox.models import Email, Worker
from app.payments import stripe_gateway
from app.payments.stripe_events import NEEDED
from tests.conftest import redis_url, use_mail_server
from tests.payments.conftest import stand_in, stripe  # noqa: F401 - fixtures.
from tests.sites import running
from tests.smtp_server import free_port

DOMAIN = "doctor.example.org"
RECORDS = {
    (DOMAIN, "TXT"): ["v=spf1 -all"],
    (DOMAIN, "MX"): ["10 mx.example.org."],
    (f"s1._domainkey.{DOMAIN}", "TXT"): ["v=DKIM1; p=MIGf"],
    (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject"],
}


class Findings:
    """What the doctor said, by setting."""

    def __init__(self, app):
        db.session.rollback()
        self.result = app.test_cli_runner().invoke(args=["doctor"])
        assert self.result.exit_code in (0, 1), self.result.output
        lines = [re.fullmatch(r"(ok|mend:) (\w+): (.+)", line).groups() for line in self.result.stdout.splitlines()]
        self.well = {name: words for verdict, name, words in lines if verdict == "ok"}
        self.ill = {name: words for verdict, name, words in lines if verdict == "mend:"}
        assert self.result.exit_code == bool(self.ill)


@pytest.fixture
def healthy(app, monkeypatch, mail_server, name_server, stripe):  # noqa: F811
    """A site with everything set, and everything there."""
    db.session.merge(Worker(id="a", host="here", pid=1, seen_at=now()))
    db.session.commit()
    name_server.records |= RECORDS
    stripe.send_webhooks_to(f"{app.config['SITE_URL']}/stripe/webhook")
    for name, value in (("POSTAL_ADDRESS", "1 Sample Street"), ("MAIL_DKIM_SELECTOR", "s1")):
        monkeypatch.setitem(app.config, name, value)
    return monkeypatch


def test_a_healthy_site_has_nothing_to_mend_and_is_left_as_it_was(app, healthy, mail_server):
    found = Findings(app)
    assert found.ill == {}
    assert {"DATABASE_URL", "QUEUE_URL", "worker", "MAIL_SERVER", "SPF", "DKIM", "DMARC"} <= found.well.keys()
    assert {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "MAIL_BOUNCE_ADDRESS"} <= found.well.keys()
    assert "mx.example.org" in found.well["MAIL_BOUNCE_ADDRESS"]
    assert mail_server.received == []
    assert db.session.query(Email).count() == 0


def test_a_site_as_it_comes_lacks_a_worker_and_an_address(app):
    found = Findings(app)
    assert found.ill.keys() == {"worker", "POSTAL_ADDRESS"}
    assert "flask worker" in found.ill["worker"]


def test_tables_that_lag_behind_are_told_of(tmp_path):
    with running(f"sqlite:///{tmp_path}/empty.db", tmp_path) as app:
        assert "flask setup" in Findings(app).ill["DATABASE_URL"]


def test_a_database_that_is_away_is_told_of_and_the_rest_is_tried_still(tmp_path):
    with running("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing", tmp_path) as app:
        found = Findings(app)
    assert "refused" in found.ill["DATABASE_URL"]
    assert "secret" not in found.result.output
    assert "POSTAL_ADDRESS" in found.ill


def test_a_queue_and_a_store_of_limits_that_are_away_are_told_of(app, healthy):
    away = f"redis://127.0.0.1:{free_port()}/0"
    healthy.setitem(app.config, "REDIS_URL", away)
    healthy.setattr("app.extensions.queue.storage", app.extensions["migrate"])
    assert Findings(app).ill.keys() == {"REDIS_URL", "QUEUE_URL"}


def test_a_store_of_limits_that_is_there_is_well(app, healthy):
    healthy.setitem(app.config, "REDIS_URL", redis_url())
    assert Findings(app).well["REDIS_URL"] == "answers"


def test_a_mail_server_that_is_away_is_told_of(app, healthy):
    use_mail_server(app, "127.0.0.1", free_port())
    assert Findings(app).ill.keys() == {"MAIL_SERVER"}


def test_a_password_that_is_refused_or_would_go_in_the_clear_is_told_of(app, healthy, mail_server):
    with healthy.context() as patch:
        patch.setitem(app.config, "MAIL_USERNAME", "owner")
        patch.setitem(app.config, "MAIL_PASSWORD", "wrong")
        use_mail_server(app, "127.0.0.1", mail_server.port)
        assert Findings(app).ill.keys() == {"MAIL_SERVER"}
        use_mail_server(app, "smtp.example.org", mail_server.port)
        assert "clear" in Findings(app).ill["MAIL_SERVER"]
    use_mail_server(app, "127.0.0.1", mail_server.port)
    assert Findings(app).ill == {}


def test_a_mail_server_that_does_not_take_the_sender_is_told_of(app, healthy):
    healthy.setitem(app.config, "MAIL_BOUNCE_ADDRESS", f"@@{DOMAIN}")
    assert "takes no mail from" in Findings(app).ill["MAIL_SERVER"]


@pytest.mark.parametrize(
    ("name", "kind", "setting"),
    [
        (DOMAIN, "TXT", "SPF"),
        (f"s1._domainkey.{DOMAIN}", "TXT", "DKIM"),
        (f"_dmarc.{DOMAIN}", "TXT", "DMARC"),
        (DOMAIN, "MX", "MAIL_BOUNCE_ADDRESS"),
    ],
)
def test_a_record_that_is_missing_is_told_of(app, healthy, name_server, name, kind, setting):
    del name_server.records[name, kind]
    assert Findings(app).ill.keys() == {setting}


def test_a_dkim_key_is_looked_for_though_nobody_said_where(app, healthy, name_server):
    healthy.setitem(app.config, "MAIL_DKIM_SELECTOR", None)
    assert "s1._domainkey" in Findings(app).well["DKIM"]
    del name_server.records[f"s1._domainkey.{DOMAIN}", "TXT"]
    found = Findings(app)
    assert found.ill.keys() == {"DKIM"}
    assert "MAIL_DKIM_SELECTOR" in found.ill["DKIM"]


def test_addresses_that_nobody_can_write_to_are_told_of(app, healthy):
    for name in ("MAIL_DEFAULT_SENDER", "OWNER_EMAIL"):
        healthy.setitem(app.config, name, "owner@localhost")
    assert Findings(app).ill.keys() == {"MAIL_DEFAULT_SENDER", "OWNER_EMAIL"}


def test_a_key_that_stripe_refuses_is_told_of(app, healthy):
    healthy.setitem(app.config, "STRIPE_SECRET_KEY", "sk_test_of_somebody_else")
    assert Findings(app).ill.keys() == {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}


def test_a_stripe_that_is_away_is_told_of(app, healthy):
    healthy.setattr(stripe_gateway, "RETRIES", 0)
    healthy.setitem(app.config, "STRIPE_API_BASE", f"http://127.0.0.1:{free_port()}")
    assert "could not be asked" in Findings(app).ill["STRIPE_SECRET_KEY"]


def test_an_endpoint_that_is_missing_or_hears_too_little_is_told_of(app, healthy, stripe):  # noqa: F811
    stripe.send_webhooks_to("https://elsewhere.example.org/stripe/webhook")
    assert "no endpoint" in Findings(app).ill["STRIPE_WEBHOOK_SECRET"]
    stripe.send_webhooks_to(f"{app.config['SITE_URL']}/stripe/webhook")
    row = stripe.sandbox.store.objects["webhook_endpoint"]["we_sandbox"]
    row["enabled_events"] = sorted(NEEDED - {"charge.refunded"})
    assert "charge.refunded" in Findings(app).ill["STRIPE_WEBHOOK_SECRET"]
    row["status"], row["enabled_events"] = "disabled", ["*"]
    assert "switched off" in Findings(app).ill["STRIPE_WEBHOOK_SECRET"]


def test_a_public_site_needs_https_a_mail_server_and_a_key(app, monkeypatch, web):
    monkeypatch.setitem(app.config, "SITE_URL", f"http://shop.example.org:{web.port}")
    ill = Findings(app).ill
    assert "https" in ill["SITE_URL"]
    assert ill.keys() == {"SITE_URL", "MAIL_SERVER", "STRIPE_SECRET_KEY", "worker", "POSTAL_ADDRESS"}
    monkeypatch.setitem(app.config, "SITE_URL", f"https://shop.example.org:{web.port}")
    assert "could not be opened" in Findings(app).ill["SITE_URL"]


def test_the_events_that_are_looked_for_are_those_the_readme_asks_for():
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert all(f"`{event}`" in readme for event in NEEDED)


def test_a_calendar_that_cannot_be_fetched_is_to_be_mended(app, healthy):
    assert "no coach" in Findings(app).well["busy_times"]
    coach = Coach(slug="robin", name="Robin Park", time_zone="America/Chicago")
    coach.busy_feed_url = "https://nowhere.example.org/cal.ics"
    db.session.add(coach)
    db.session.commit()
    assert "Robin Park: The calendar could not be read: there is no such site." in Findings(app).ill["busy_times"]
