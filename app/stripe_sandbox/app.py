"""The Flask application of the stand-in."""

from flask import Flask

from app.stripe_sandbox.api import add_api
from app.stripe_sandbox.control import add_controls
from app.stripe_sandbox.controls import Controls
from app.stripe_sandbox.dashboard import add_dashboard
from app.stripe_sandbox.hosted_page import add_payment_page
from app.stripe_sandbox.invoice_page import add_invoice_page
from app.stripe_sandbox.sandbox import Sandbox


def create_sandbox(sandbox: Sandbox | None = None) -> Flask:
    """The API under /v1, payment pages under /c/pay, invoices, the controls under /_sandbox, an overview at /."""
    sandbox = sandbox or Sandbox()
    app = Flask(__name__)
    # A page elsewhere in the developer's browser must not reach the controls by a name it chose for 127.0.0.1.
    app.config.update(TRUSTED_HOSTS=["127.0.0.1", "localhost"], MAX_CONTENT_LENGTH=1_000_000)
    app.extensions["sandbox"] = sandbox
    add_api(app, sandbox)
    add_payment_page(app, sandbox)
    add_invoice_page(app, sandbox)
    add_controls(app, Controls(sandbox))
    add_dashboard(app, Controls(sandbox))
    return app
