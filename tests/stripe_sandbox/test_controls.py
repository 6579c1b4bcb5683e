"""The controls over HTTP, the overview, the state file, the command line."""

import subprocess
import sys
import time

import pytest
import requests
import stripe

from app.stripe_sandbox.server import SandboxServer
from tests.stripe_sandbox.conftest import order


@pytest.fixture
def tell(server):
    def post(path, /, **given):
        return requests.post(f"{server.base_url}/_sandbox/{path}", json=given, timeout=5)

    return post


def test_pay_settle_and_expire(tell, checkout):
    assert tell(f"sessions/{checkout().id}/pay", card="4242424242424242").json()["payment_status"] == "paid"
    declined = tell(f"sessions/{checkout().id}/pay", card="4000000000000002")
    assert (declined.status_code, declined.json()["error"]["code"]) == (402, "card_declined")
    session = checkout()
    assert tell(f"sessions/{session.id}/pay", account="000123456789").json()["payment_status"] == "unpaid"
    assert tell(f"async/{session.id}", outcome="succeed").json()["payment_status"] == "paid"
    assert tell(f"sessions/{checkout().id}/expire").json()["status"] == "expired"
    assert tell("sessions/cs_none/pay").status_code == 404


def test_chaos_and_delivery(tell, checkout, server, receiver):
    assert tell("chaos", drop=True).json()["drop"] is True
    server.expire(checkout().id)
    delivered = tell("deliver", times=3).json()
    assert [made["status"] for made in delivered[0]["attempts"]] == [200, 200, 200]
    assert len(receiver.events) == 3


def test_faults_the_log_and_reset(tell, client, server, receiver):
    tell("faults", status=429, path="/v1/products")
    with pytest.raises(stripe.RateLimitError):
        client.v1.products.create({"name": "Course"})
    client.v1.products.create({"name": "Course"})
    log = requests.get(f"{server.base_url}/_sandbox/requests", timeout=5).json()
    assert [(call["status"], call["params"]) for call in log] == [(429, {}), (200, {"name": "Course"})]
    tell("chaos", duplicate=2)
    assert tell("reset").status_code == 200
    assert client.v1.products.list().data == []
    assert len(client.v1.webhook_endpoints.list().data) == 1
    assert server.set_chaos()["duplicate"] == 0


@pytest.mark.parametrize(
    ("path", "given"),
    [("chaos", {"mayhem": 1}), ("faults", {"status": "no"}), ("faults", {}), ("sessions/x/pay", {"card": 1})],
)
def test_nonsense_is_refused(tell, path, given):
    assert 400 <= tell(path, **given).status_code < 500


def test_other_sites_and_other_names_are_refused(server):
    url = f"{server.base_url}/_sandbox/reset"
    assert requests.post(url, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5).status_code == 403
    assert requests.post(url, headers={"Host": "evil.example"}, timeout=5).status_code == 400


def test_the_overview_shows_sessions_and_deliveries(checkout, server, receiver):
    server.pay(checkout().id)
    server.wait_until_delivered()
    page = requests.get(server.base_url, timeout=5).text
    for words in ("Stripe stand-in", "checkout.session.completed", "delivered", "ada@example.org"):
        assert words in page
    form = {"do": "chaos", "duplicate": "2", "delay": "0.5", "drop": "on"}
    requests.post(server.base_url, data=form, timeout=5)
    assert server.set_chaos() == {"duplicate": 2, "delay": 0.5, "reorder": False, "drop": True}
    assert "None yet" in requests.post(server.base_url, data={"do": "reset"}, timeout=5).text


def test_a_pending_checkout_outlives_a_restart(tmp_path):
    file = tmp_path / "stripe" / "state.json"
    with SandboxServer(state_file=file, debit_seconds=60) as server:
        client = stripe.StripeClient(server.api_key, base_addresses={"api": server.base_url})
        session = client.v1.checkout.sessions.create(order(), {"idempotency_key": "order-1"})
        debited = client.v1.checkout.sessions.create(order())
        server.pay_by_debit(debited.id)
    with SandboxServer(state_file=file) as server:
        client = stripe.StripeClient(server.api_key, base_addresses={"api": server.base_url})
        assert client.v1.checkout.sessions.create(order(), {"idempotency_key": "order-1"}).id == session.id
        assert server.pay(session.id)["payment_status"] == "paid"
        assert server.settle(debited.id)["payment_status"] == "paid"
        intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
        assert client.v1.refunds.create({"payment_intent": intent}).amount == 49_900


def test_a_call_cut_off_by_a_restart_does_not_hold_its_key(tmp_path):
    with SandboxServer(state_file=tmp_path / "state.json") as server, server.sandbox.transaction():
        server.sandbox.store.idempotency["order-1"] = {"fingerprint": "", "claimed_at": time.time()}
    with SandboxServer(state_file=tmp_path / "state.json") as server:
        client = stripe.StripeClient(server.api_key, base_addresses={"api": server.base_url})
        assert client.v1.products.create({"name": "Course"}, {"idempotency_key": "order-1"}).name == "Course"


def test_an_unreadable_state_file_is_put_aside(tmp_path):
    file = tmp_path / "state.json"
    file.write_text("[{")
    with SandboxServer(state_file=file) as server:
        assert server.events() == []
    assert file.with_suffix(".unreadable").read_text() == "[{"


def test_the_command_line_serves_and_stops():
    command = [sys.executable, "-m", "app.stripe_sandbox", "--port", "0", "--api-key", "sk_test_mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().split()[-1]
        client = stripe.StripeClient("sk_test_mine", base_addresses={"api": url})
        assert client.v1.events.list().data == []
        process.terminate()
        assert process.wait() == 0
