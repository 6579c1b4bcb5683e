"""The controls over HTTP, as JSON, under /_sandbox/: for a developer's shell and for tests in another process."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue

from app.stripe_sandbox.cards import GOOD
from app.stripe_sandbox.controls import Controls
from app.stripe_sandbox.errors import StripeError

CROSS_SITE = frozenset({"cross-site", "same-site"})


def add_controls(app: Flask, controls: Controls) -> None:
    bp = Blueprint("control", __name__, url_prefix="/_sandbox")
    bp.before_request(refuse_other_sites)
    bp.register_error_handler(StripeError, _stripe_error)
    bp.register_error_handler(ValueError, _value_error)
    bp.register_error_handler(TypeError, _value_error)  # A name that the control does not take.
    for add in (_add_buyer, _add_bank, _add_account, _add_luck, _add_records):
        add(bp, controls)
    app.register_blueprint(bp)


def refuse_other_sites() -> ResponseReturnValue | None:
    """A page the developer happens to visit must not drive the stand-in."""
    return ("cross-site", 403) if request.headers.get("Sec-Fetch-Site") in CROSS_SITE else None


def _stripe_error(error: StripeError) -> ResponseReturnValue:
    return error.body("req_control"), error.status


def _value_error(error: ValueError | TypeError) -> ResponseReturnValue:
    return {"error": {"message": str(error)}}, 400


def _given() -> dict[str, Any]:
    """The JSON object sent, or {}."""
    given = request.get_json(force=True) if request.get_data() else {}
    if not isinstance(given, dict):
        raise ValueError("send a JSON object")
    return given


def _route(bp: Blueprint, method: str, rule: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function whose answer is sent as JSON."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        view = lambda **ids: jsonify(function(**ids))  # noqa: E731  # A name would hide the one that matters.
        bp.add_url_rule(rule, f"{method.lower()}_{function.__name__}", view, methods=[method])
        return function

    return register


def _add_buyer(bp: Blueprint, controls: Controls) -> None:
    @_route(bp, "POST", "/sessions/<id>/pay")
    def pay(id: str) -> Any:
        """{"card": number, "authenticated": bool, "code": text} or {"account": number}, the buyer's email, name, …"""
        given = _given()
        if account := given.pop("account", None):
            return controls.pay_by_debit(id, account, **given)
        return controls.pay(id, given.pop("card", GOOD), **given)

    @_route(bp, "POST", "/sessions/<id>/code")
    def type_code(id: str) -> Any:
        return controls.type_code(id, str(_given().get("code", "")))

    @_route(bp, "POST", "/sessions/<id>/expire")
    def expire(id: str) -> Any:
        return controls.expire(id)


def _add_bank(bp: Blueprint, controls: Controls) -> None:
    @_route(bp, "POST", "/async/<id>")
    def settle(id: str) -> Any:
        """{"outcome": "succeed" | "fail"}; as the account number says without it."""
        return controls.settle(id, {"succeed": True, "fail": False, None: None}[_given().get("outcome")])

    @_route(bp, "POST", "/refunds/<id>")
    def settle_refund(id: str) -> Any:
        return controls.settle_refund(id, _given().get("status", "succeeded"))

    @_route(bp, "POST", "/disputes")
    def dispute() -> Any:
        """{"payment": id of a session, intent or charge, "reason": word, "amount": cents, "inquiry": bool}."""
        return controls.dispute(**{"payment": "", **_given()})

    @_route(bp, "POST", "/disputes/<id>")
    def decide_dispute(id: str) -> Any:
        """{"status": "won" | "lost" | "warning_closed" | "needs_response"}: see Controls.decide_dispute."""
        return controls.decide_dispute(id, str(_given().get("status", "")))


def _add_account(bp: Blueprint, controls: Controls) -> None:
    @_route(bp, "POST", "/codes")
    def make_code() -> Any:
        """{"code": text, "percent_off": n} or {…, "amount_off": cents}, and limits: see Controls.make_code."""
        return controls.make_code(**{"code": "", **_given()})

    @_route(bp, "GET", "/tax")
    def tax() -> Any:
        return controls.set_tax()

    @_route(bp, "POST", "/tax")
    def set_tax() -> Any:
        """{"percent": 8.25} is the flat rate; {"is_set_up": false} an account without Stripe Tax."""
        return controls.set_tax(**_given())

    @_route(bp, "POST", "/clock")
    def advance() -> Any:
        return {"now": controls.advance(float(_given().get("advance", 0)))}

    @_route(bp, "POST", "/reset")
    def reset() -> Any:
        return controls.reset()


def _add_luck(bp: Blueprint, controls: Controls) -> None:
    @_route(bp, "GET", "/chaos")
    def chaos() -> Any:
        return controls.set_chaos()

    @_route(bp, "POST", "/chaos")
    def set_chaos() -> Any:
        return controls.set_chaos(**_given())

    @_route(bp, "POST", "/deliver")
    def deliver() -> Any:
        """{"events": [ids in order], "times": n, "age_seconds": n, "together": bool}; all undelivered by default."""
        given = _given()
        return controls.deliver(
            *given.get("events", []),
            copies=int(given.get("times", 1)),
            age_seconds=int(given.get("age_seconds", 0)),
            together=bool(given.get("together")),
        )

    @_route(bp, "GET", "/faults")
    def faults() -> Any:
        return controls.sandbox.faults.describe()

    @_route(bp, "POST", "/faults")
    def fail_calls() -> Any:
        return controls.fail_calls(**{"status": None, **_given()})

    @_route(bp, "DELETE", "/faults")
    def clear_faults() -> Any:
        return controls.sandbox.faults.clear()


def _add_records(bp: Blueprint, controls: Controls) -> None:
    @_route(bp, "GET", "/requests")
    def requests() -> Any:
        return controls.requests()

    @_route(bp, "GET", "/deliveries")
    def deliveries() -> Any:
        return controls.deliveries()

    @_route(bp, "GET", "/events")
    def events() -> Any:
        return controls.events(request.args.get("type"))
