"""What a developer or a test may tell the stand-in: act as the buyer, the bank, the clock, or bad luck."""

import time
from dataclasses import asdict, replace
from typing import Any

from app.stripe_sandbox import coupons, discounts, disputes, payments, promotion_codes, refunds, sessions, webhooks
from app.stripe_sandbox.buyers import TEST_ADDRESS, Buyer, wants_address
from app.stripe_sandbox.cards import GOOD, GOOD_ACCOUNT, bank_account, card
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.faults import Fault
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, public
from app.stripe_sandbox.tax import settings_of
from app.stripe_sandbox.timers import tick
from app.stripe_sandbox.webhook_endpoints import OWN_ENDPOINT

DEFAULT_EMAIL = "buyer@example.org"


class Controls:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def pay(
        self,
        session_id: str,
        card_number: str = GOOD,
        *,
        authenticated: bool = True,
        code: str | None = None,
        **buyer: Any,
    ) -> Object:
        """Pay as the buyer would, without a browser: the session afterwards. Raises StripeError (402) when declined.

        `code` is a promotion code, typed before. `buyer` holds fields of Buyer; the e-mail is the session's unless
        given, the address a test one where the session asks for any.
        """
        with self.sandbox.transaction():
            session = self._session(session_id)
            if code:
                sessions.check_open(session, "paid")
                discounts.apply_code(self.sandbox, session, code)
            payments.pay_by_card(
                self.sandbox, session, card(card_number), self._buyer(session, buyer), authenticated=authenticated
            )
            return _public(session)

    def pay_by_debit(self, session_id: str, account: str = GOOD_ACCOUNT, **buyer: Any) -> Object:
        """Complete the session by a bank debit, which is unpaid until it settles. Raises StripeError."""
        if not (known := bank_account(account)):
            raise StripeError(f"{account} is not a test account", param="account")
        with self.sandbox.transaction():
            session = self._session(session_id)
            payments.pay_by_debit(self.sandbox, session, known, self._buyer(session, buyer))
            return _public(session)

    def type_code(self, session_id: str, code: str) -> Object:
        """Enter a promotion code as the buyer would. Raises StripeError when it does not fit."""
        with self.sandbox.transaction():
            session = self._session(session_id)
            sessions.check_open(session, "changed")
            discounts.apply_code(self.sandbox, session, code)
            return _public(session)

    def make_code(self, code: str, **terms: Any) -> Object:
        """A promotion code with a coupon of its own, from the parameters of both: `percent_off`, or `amount_off` and
        `currency`; `expires_at`, `max_redemptions`, `active`, `restrictions`. Raises StripeError.
        """
        value: Params = {name: terms.pop(name) for name in ("percent_off", "amount_off", "currency") if name in terms}
        if "amount_off" in value:
            value.setdefault("currency", "usd")
        if unknown := terms.keys() - promotion_codes.LIMITS:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        with self.sandbox.transaction():
            coupon = coupons.create_coupon(self.sandbox, value)
            promotion = {"type": "coupon", "coupon": coupon["id"]}
            made = promotion_codes.create_promotion_code(self.sandbox, {"code": code, "promotion": promotion, **terms})
            return _public(made)

    def settle(self, session_id: str, succeeds: bool | None = None) -> Object:
        """Let the bank answer now: as the account number says, or as told."""
        with self.sandbox.transaction():
            return _public(payments.settle_debit(self.sandbox, self._session(session_id), succeeds))

    def expire(self, session_id: str) -> Object:
        with self.sandbox.transaction():
            return _public(sessions.expire_session(self.sandbox, {}, session_id))

    def settle_refund(self, refund_id: str, status: str = "succeeded") -> Object:
        with self.sandbox.transaction():
            return _public(refunds.settle_refund(self.sandbox, refund_id, status))

    def dispute(
        self, payment: str, reason: str = "fraudulent", *, amount: int | None = None, inquiry: bool = False
    ) -> Object:
        """Dispute a paid session, payment intent or charge as the buyer's bank does. Raises StripeError."""
        with self.sandbox.transaction():
            charge = self._charge(payment)
            return _public(disputes.open_dispute(self.sandbox, charge, reason, amount, inquiry))

    def decide_dispute(self, dispute_id: str, status: str) -> Object:
        """End it as "won", "lost" or, an inquiry, "warning_closed"; "needs_response" makes an inquiry a chargeback."""
        with self.sandbox.transaction():
            dispute = disputes.retrieve_dispute(self.sandbox, {}, dispute_id)
            if status == "needs_response":
                return _public(disputes.escalate(self.sandbox, dispute))
            return _public(disputes.end_dispute(self.sandbox, dispute, status))

    def refund(self, payment: str, amount: int | None = None) -> Object:
        """Give a paid session, payment intent or charge back as in Stripe's own dashboard. Raises StripeError."""
        with self.sandbox.transaction():
            params = {"charge": self._charge(payment)["id"], **({} if amount is None else {"amount": amount})}
            return _public(refunds.create_refund(self.sandbox, params))

    def advance(self, seconds: float) -> int:
        """Put the stand-in's clock forward; what is due by then happens before this returns."""
        self.sandbox.ahead_seconds += seconds
        tick(self.sandbox)
        return self.sandbox.now()

    def set_chaos(self, **changes: Any) -> Object:
        """`duplicate`, `delay`, `reorder`, `drop`: see Chaos. Without arguments, says how things stand."""
        self.sandbox.chaos.set(**changes)
        return asdict(self.sandbox.chaos)

    def set_tax(self, **changes: Any) -> Object:
        """`percent` and `is_set_up`: see TaxSettings. Without arguments, says how things stand. Raises ValueError."""
        with self.sandbox.transaction():
            try:
                wanted = asdict(replace(settings_of(self.sandbox), **changes))
            except TypeError as error:
                raise ValueError(str(error)) from None
            self.sandbox.store.settings["tax"] = wanted
        return wanted

    def deliver(self, *event_ids: str, copies: int = 1, age_seconds: int = 0, together: bool = False) -> list[Object]:
        """Post events now: in this order or `together`, each `copies` times at once, signed `age_seconds` ago.

        Without ids: everything not delivered yet. The deliveries afterwards, each with its attempts.
        """
        made = webhooks.deliver(self.sandbox, list(event_ids) or None, copies, age_seconds, together)
        return [dict(delivery) for delivery in made]

    def fail_calls(self, status: int | str, **details: Any) -> list[Object]:
        """Make API calls fail: see Fault for `times`, `path`, `method`, `seconds` and `after`. Raises ValueError."""
        try:
            self.sandbox.faults.add(Fault(status, **details))
        except TypeError as error:
            raise ValueError(str(error)) from None
        return self.sandbox.faults.describe()

    def events(self, type: str | None = None) -> list[Object]:
        """Oldest first."""
        with self.sandbox.changed:
            events = [_public(event) for event in self.sandbox.store.all("event")]
        return [event for event in reversed(events) if type in (None, event["type"])]

    def deliveries(self) -> list[Object]:
        with self.sandbox.changed:
            return [dict(delivery) for delivery in self.sandbox.store.deliveries]

    def wait_until_delivered(self, timeout_seconds: float = 5) -> bool:
        """Whether every event that is not held back got its 2xx within the time."""
        until = time.monotonic() + timeout_seconds
        while waiting := [delivery for delivery in self.deliveries() if delivery["state"] == "pending"]:
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        return not waiting

    def requests(self) -> list[Object]:
        """The API calls received, oldest first, with their parameters and what came of them."""
        return [dict(call) for call in list(self.sandbox.requests)]

    def reset(self) -> None:
        """Forget everything but the webhook endpoint given at the start."""
        with self.sandbox.transaction():
            own = self.sandbox.store.by_id(OWN_ENDPOINT)
            self.sandbox.store.clear()
            if own:
                self.sandbox.store.add(own)
        self.sandbox.chaos.clear()
        self.sandbox.faults.clear()
        self.sandbox.requests.clear()
        self.sandbox.ahead_seconds = 0

    def _session(self, id: str) -> Object:
        return sessions.retrieve_session(self.sandbox, {}, id)

    def _charge(self, payment: str) -> Object:
        """Of a session's, an intent's or its own id; raises StripeError."""
        store = self.sandbox.store
        found = store.by_id(payment) or {}
        if found.get("object") == "checkout.session":
            found = store.by_id(found["payment_intent"]) or {}
        return store.get("charge", found.get("latest_charge") or payment, "payment")

    def _buyer(self, session: Object, given: dict[str, Any]) -> Buyer:
        address = TEST_ADDRESS if wants_address(session) else None
        try:
            return Buyer(**{"email": session["customer_email"] or DEFAULT_EMAIL, "address": address, **given})
        except TypeError as error:
            raise ValueError(str(error)) from None


def _public(obj: Object) -> Object:
    shown: Object = public(obj)
    return shown
