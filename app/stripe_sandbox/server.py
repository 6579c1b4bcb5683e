"""The stand-in as a running server, for the command line and for tests."""

import threading
from dataclasses import replace
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from app.stripe_sandbox.app import create_sandbox
from app.stripe_sandbox.controls import Controls
from app.stripe_sandbox.sandbox import Sandbox, Settings
from app.stripe_sandbox.timers import keep_time
from app.stripe_sandbox.webhook_endpoints import own_endpoint
from app.stripe_sandbox.webhooks import send_webhooks

HOST = "127.0.0.1"
WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105  # Secret from nobody: it signs for this machine only.


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # Connections are kept, as Stripe keeps them.

    def log(self, type: str, message: str, *args: Any) -> None:
        """Calls are kept in the stand-in's own log."""


class SandboxServer(Controls):
    """`with SandboxServer() as stripe_sandbox:` serves on a free port of 127.0.0.1 from threads of this process.

    `webhook_url` is where events go, signed with `webhook_secret`; `settings` are the fields of Settings.
    """

    def __init__(
        self, port: int = 0, *, webhook_url: str | None = None, webhook_secret: str = WEBHOOK_SECRET, **settings: Any
    ) -> None:
        super().__init__(Sandbox(Settings(**settings)))
        self.webhook_secret = webhook_secret
        self._stop = threading.Event()
        self._server = make_server(
            HOST, port, create_sandbox(self.sandbox), threaded=True, request_handler=_QuietHandler
        )
        self.base_url = f"http://{HOST}:{self._server.server_port}"
        self.sandbox.settings = replace(self.sandbox.settings, base_url=self.base_url)
        if webhook_url:
            self.send_webhooks_to(webhook_url)

    @property
    def api_key(self) -> str:
        return self.sandbox.settings.api_key

    def send_webhooks_to(self, url: str) -> None:
        own_endpoint(self.sandbox, url, self.webhook_secret)

    def start(self) -> Self:
        targets = (
            (self._server.serve_forever, (0.02,)),
            (send_webhooks, (self.sandbox, self._stop)),
            (keep_time, (self.sandbox, self._stop)),
        )
        for target, args in targets:
            threading.Thread(target=target, args=args, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self.sandbox.faults.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
