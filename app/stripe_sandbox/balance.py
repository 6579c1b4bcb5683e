"""The account's balance, as a row for each thing that moved it: https://docs.stripe.com/api/balance_transactions."""

from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id


def record(sandbox: Sandbox, kind: str, amount: int, source: Object, fee: int = 0, category: str = "") -> Object:
    """`amount` and `fee` in cents of the source's currency; what the account loses is negative."""
    words = {"amount": fee, "application": None, "currency": source["currency"]}
    fields = {
        "amount": amount,
        "available_on": sandbox.now(),
        "balance_type": "payments",
        "currency": source["currency"],
        "fee": fee,
        "fee_details": [words | {"description": "Stripe fees", "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }
    return sandbox.store.add(sandbox.blank("balance_transaction", new_id("txn"), **fields))


def retrieve_transaction(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("balance_transaction", id)


def list_transactions(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/balance_transactions", sandbox.store.all("balance_transaction"), params)
