"""A stateful stand-in for Stripe that speaks its HTTP API on loopback, for development and tests.

The site runs against it unchanged, through the real `stripe` library: StripeClient(key, base_addresses={"api": url}).
It takes its parameters and shapes from that library, serves a test payment page at each session's url, and posts signed
webhooks that can be told to duplicate, delay, reorder and drop. Promotion codes, tax, invoices, disputes and refunds
come of the same calls and controls as a site and its buyers make. It imports nothing of the site and lives without it.

In tests: `from app.stripe_sandbox.server import SandboxServer`. By hand: `python -m app.stripe_sandbox --port 12111`.
"""
