"""`python -m app.stripe_sandbox --port 12111 --webhook-url http://localhost:8000/stripe/webhook`."""

import argparse
import signal
import threading
from pathlib import Path

from app.stripe_sandbox.server import SandboxServer


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.stripe_sandbox", description="A stand-in for Stripe.")
    parser.add_argument("--port", type=int, default=12111, help="of 127.0.0.1 (default 12111; 0 takes a free one)")
    parser.add_argument("--api-key", default="sk_test_sandbox", help="the secret key it accepts")
    parser.add_argument("--webhook-url", help="where events are posted")
    parser.add_argument("--webhook-secret", default="whsec_sandbox", help="what they are signed with")
    parser.add_argument("--state", type=Path, help="a file that keeps everything over a restart")
    parser.add_argument("--debit-seconds", type=float, default=5, help="how long a bank debit takes to settle")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with SandboxServer(
        given.port,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        api_key=given.api_key,
        debit_seconds=given.debit_seconds,
        state_file=given.state,
    ) as server:
        print(f"Stripe stand-in on {server.base_url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
