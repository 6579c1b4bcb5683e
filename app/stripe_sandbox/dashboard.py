"""The overview at /, for the developer: sessions, events with what their receivers answered, and bad luck to order."""

from collections import defaultdict
from collections.abc import Callable
from itertools import islice

from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.stripe_sandbox.control import refuse_other_sites
from app.stripe_sandbox.controls import Controls
from app.stripe_sandbox.disputes import OPEN, OPEN_INQUIRIES
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.promotion_codes import current
from app.stripe_sandbox.store import Object
from app.stripe_sandbox.tax import settings_of
from app.stripe_sandbox.version import API_VERSION

SHOWN = 50


def add_dashboard(app: Flask, controls: Controls) -> None:
    bp = Blueprint("dashboard", __name__)
    bp.before_request(refuse_other_sites)

    @bp.get("/")
    def show_dashboard() -> ResponseReturnValue:
        with controls.sandbox.changed:
            return _show(controls)

    @bp.post("/")
    def act() -> ResponseReturnValue:
        if not (action := ACTIONS.get(request.form["do"])):
            abort(400)
        try:
            action(controls)
        except (StripeError, ValueError) as error:
            with controls.sandbox.changed:
                return _show(controls, str(error)), 400
        return redirect("/", 303)

    app.register_blueprint(bp)


def _set_chaos(controls: Controls) -> None:
    form = request.form
    controls.set_chaos(
        duplicate=form.get("duplicate", 0, int),
        delay=form.get("delay", 0.0, float),
        reorder="reorder" in form,
        drop="drop" in form,
    )


def _make_code(controls: Controls) -> None:
    kinds = {"percent_off": float, "amount_off": int, "max_redemptions": int}
    terms = {name: request.form.get(name, type=kind) for name, kind in kinds.items()}
    given = {name: value for name, value in terms.items() if value is not None}
    controls.make_code(request.form.get("code", ""), **given)


ACTIONS: dict[str, Callable[[Controls], object]] = {
    "chaos": _set_chaos,
    "code": _make_code,
    "refund": lambda controls: controls.refund(request.form["payment"], request.form.get("amount", type=int)),
    "dispute": lambda controls: controls.dispute(request.form["payment"]),
    "inquiry": lambda controls: controls.dispute(request.form["payment"], inquiry=True),
    "decide": lambda controls: controls.decide_dispute(request.form["dispute"], request.form["status"]),
    "tax": lambda controls: controls.set_tax(
        percent=request.form.get("percent", 0.0, float), is_set_up="is_set_up" in request.form
    ),
    "deliver": lambda controls: controls.deliver(),
    "reset": lambda controls: controls.reset(),
}


def _show(controls: Controls, message: str = "") -> str:
    return render_template("sandbox/dashboard.html", message=message, typed=request.form, **_overview(controls))


def _overview(controls: Controls) -> Object:
    store = controls.sandbox.store
    deliveries = defaultdict(list)
    for delivery in store.deliveries:
        deliveries[delivery["event"]].append(delivery)
    return {
        "base_url": controls.sandbox.url(""),
        "version": API_VERSION,
        "chaos": controls.sandbox.chaos,
        "tax": settings_of(controls.sandbox),
        "endpoints": list(store.all("webhook_endpoint")),
        "charges": list(islice((charge for charge in store.all("charge") if charge["paid"]), SHOWN)),
        "disputes": list(islice(store.all("dispute"), SHOWN)),
        "open_disputes": OPEN,
        "inquiries": OPEN_INQUIRIES,
        "sessions": list(islice(store.all("checkout.session"), SHOWN)),
        "events": list(islice(store.all("event"), SHOWN)),
        "deliveries": deliveries,
        "codes": [
            (current(controls.sandbox, code), store.objects["coupon"][code["promotion"]["coupon"]])
            for code in islice(store.all("promotion_code"), SHOWN)
            if code["promotion"]["coupon"] in store.objects["coupon"]
        ],
    }
