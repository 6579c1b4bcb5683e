"""Parameters are refused as Stripe refuses them."""

import time

import pytest
import requests
import stripe

from app.stripe_sandbox.errors import ParameterError
from app.stripe_sandbox.form_encoding import decode
from tests.stripe_sandbox.conftest import order


def line(**changes):
    price = {"currency": "usd", "unit_amount": 49_900, "product_data": {"name": "Course"}} | changes
    return [{"quantity": 1, "price_data": price}]


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"sucess_url": "http://localhost/"}, "sucess_url", "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"idempotency": "x"}, "idempotency", "parameter_unknown"),
        ({"line_items": line(unit_amout=1)}, "line_items[0][price_data][unit_amout]", "parameter_unknown"),
        ({"line_items": line(unit_amount="x")}, "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        ({"line_items": line(unit_amount=1.5)}, "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        ({"line_items": line(unit_amount=-1)}, "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        ({"line_items": line(product_data={})}, "line_items[0][price_data][product]", None),
        ({"line_items": line(currency="doubloons")}, "line_items[0][price_data][currency]", None),
        ({"line_items": [{"quantity": 1}]}, "line_items[0]", "parameter_missing"),
        ({"line_items": line()[0]}, "line_items", None),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]", "resource_missing"),
        ({"line_items": line(unit_amount=49)}, "line_items", "amount_too_small"),
        ({"line_items": None}, "line_items", "parameter_missing"),
        ({"mode": "pay"}, "mode", None),
        ({"mode": None}, "mode", "parameter_missing"),
        ({"ui_mode": "hosted"}, "ui_mode", None),
        ({"success_url": None}, "success_url", "parameter_missing"),
        ({"success_url": "/course/checkout/complete"}, "success_url", "url_invalid"),
        ({"cancel_url": ""}, "cancel_url", "parameter_invalid_empty"),
        ({"allow_promotion_codes": "yes"}, "allow_promotion_codes", "parameter_invalid_boolean"),
        ({"client_reference_id": "x" * 201}, "client_reference_id", None),
        ({"customer_email": "nobody"}, "customer_email", "email_invalid"),
        ({"metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]", None),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None),
        ({"payment_intent_data": {"metadata": {"k": "v" * 501}}}, "payment_intent_data[metadata][k]", None),
        ({"expand": ["customer_emial"]}, "expand", None),
    ],
)
def test_a_wrong_order_is_refused_and_says_where(checkout, changes, param, code):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        checkout(**changes)
    assert (refusal.value.param, refusal.value.code) == (param, code)
    assert refusal.value.http_status in (400, 404)
    assert refusal.value.request_id.startswith("req_")


@pytest.mark.parametrize("seconds", [29 * 60, 30 * 60 - 1, 24 * 3600 + 60])
def test_a_session_lives_half_an_hour_to_a_day(checkout, seconds):
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        checkout(expires_at=int(time.time()) + seconds)
    assert checkout(expires_at=int(time.time()) + 31 * 60).status == "open"


def test_a_missing_nested_parameter_is_named(checkout):
    price = {"unit_amount": 49_900, "product_data": {"name": "Course"}}
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param") as refusal:
        checkout(line_items=[{"quantity": 1, "price_data": price}])
    assert refusal.value.param == "line_items[0][price_data][currency]"


def test_what_stripe_offers_and_the_stand_in_does_not_is_said(checkout):
    with pytest.raises(stripe.APIError, match="does not offer"):
        checkout(mode="subscription")


def test_a_price_of_nothing_is_no_mistake(checkout):
    assert checkout(line_items=line(unit_amount=0)).payment_status == "no_payment_required"


@pytest.mark.parametrize("key", ["", "sk_test_other", "sk_test_sandbo"])
def test_a_wrong_key_is_refused(server, key):
    stranger = requests.get(f"{server.base_url}/v1/events", headers={"Authorization": f"Bearer {key}"}, timeout=5)
    assert stranger.status_code == 401
    assert stranger.json()["error"]["type"] == "invalid_request_error"


def test_another_version_of_the_api_is_refused(client, server):
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        client.v1.events.list(options={"stripe_version": "2024-06-20"})
    session = client.v1.checkout.sessions.create(order())
    assert session.last_response.headers["Stripe-Version"] == stripe.api_version


def test_unknown_things_and_addresses_are_404(client, server):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    answer = requests.get(f"{server.base_url}/v1/nothing", auth=(server.api_key, ""), timeout=5)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_json_is_not_what_the_v1_api_takes(server):
    answer = requests.post(f"{server.base_url}/v1/products", json={"name": "x"}, auth=(server.api_key, ""), timeout=5)
    assert answer.status_code == 400


@pytest.mark.parametrize("encoded", ["a[b=1", "[a]=1", "a]=1", "a=1&a[b]=2"])
def test_malformed_names_are_refused(server, encoded):
    answer = requests.post(f"{server.base_url}/v1/products", data=encoded, auth=(server.api_key, ""), timeout=5,
                           headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 400


def test_nested_names_are_decoded():
    assert decode("a[0][b]=1&a[0][c]=%C3%A9&d[]=x&d[]=y") == {
        "a": {"0": {"b": "1", "c": "é"}},
        "d": {"0": "x", "1": "y"},
    }


def test_the_checker_knows_every_shape_it_is_given():
    from app.stripe_sandbox.endpoints import ENDPOINTS
    from app.stripe_sandbox.parameters import check

    for endpoint in ENDPOINTS:
        with pytest.raises(ParameterError, match="unknown"):
            check({"never_heard_of": "1"}, endpoint.shape)
