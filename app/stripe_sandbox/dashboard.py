"""The overview at /, for the developer: sessions, events with what their receivers answered, and bad luck to order."""

from collections import defaultdict
from itertools import islice

from flask import Blueprint, Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.stripe_sandbox.control import refuse_other_sites
from app.stripe_sandbox.controls import Controls
from app.stripe_sandbox.store import Object
from app.stripe_sandbox.version import API_VERSION

SHOWN = 50


def add_dashboard(app: Flask, controls: Controls) -> None:
    bp = Blueprint("dashboard", __name__)
    bp.before_request(refuse_other_sites)

    @bp.get("/")
    def show_dashboard() -> ResponseReturnValue:
        with controls.sandbox.changed:
            return render_template("sandbox/dashboard.html", **_overview(controls))

    @bp.post("/")
    def act() -> ResponseReturnValue:
        form = request.form
        if form.get("do") == "chaos":
            controls.set_chaos(
                duplicate=form.get("duplicate", 0, int),
                delay=form.get("delay", 0.0, float),
                reorder="reorder" in form,
                drop="drop" in form,
            )
        elif form.get("do") == "deliver":
            controls.deliver()
        elif form.get("do") == "reset":
            controls.reset()
        return redirect("/", 303)

    app.register_blueprint(bp)


def _overview(controls: Controls) -> Object:
    store = controls.sandbox.store
    deliveries = defaultdict(list)
    for delivery in store.deliveries:
        deliveries[delivery["event"]].append(delivery)
    return {
        "base_url": controls.sandbox.url(""),
        "version": API_VERSION,
        "chaos": controls.sandbox.chaos,
        "endpoints": list(store.all("webhook_endpoint")),
        "sessions": list(islice(store.all("checkout.session"), SHOWN)),
        "events": list(islice(store.all("event"), SHOWN)),
        "deliveries": deliveries,
    }
