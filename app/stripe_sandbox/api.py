"""Stripe's HTTP API: who calls, what they may say, and one answer per idempotency key."""

import hmac
import json
import socket
from functools import partial
from typing import Any

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from app.stripe_sandbox.endpoints import ENDPOINTS, Endpoint
from app.stripe_sandbox.errors import NotBegun, StripeError
from app.stripe_sandbox.expansion import expanded
from app.stripe_sandbox.faults import ConnectionLost, Fault
from app.stripe_sandbox.form_encoding import decode
from app.stripe_sandbox.idempotency import Answer, answer_once
from app.stripe_sandbox.parameters import Params, check
from app.stripe_sandbox.sandbox import Sandbox, current_request
from app.stripe_sandbox.store import Object, new_id
from app.stripe_sandbox.version import API_VERSION


def add_api(app: Flask, sandbox: Sandbox) -> None:
    for endpoint in ENDPOINTS:
        view = partial(_serve, sandbox, endpoint)
        app.add_url_rule(endpoint.rule, f"{endpoint.method} {endpoint.rule}", view, methods=[endpoint.method])
    methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    app.add_url_rule("/v1/<path:rest>", "unknown", partial(_serve, sandbox, None), methods=methods)


def _serve(sandbox: Sandbox, endpoint: Endpoint | None, **ids: str) -> ResponseReturnValue:
    """One call: logged, answered, or left without an answer when a fault says so."""
    call: Object = {"id": new_id("req", 14), "idempotency_key": request.headers.get("Idempotency-Key")}
    token = current_request.set(dict(call))
    call |= {"method": request.method, "path": request.path, "params": {}, "at": sandbox.now()}
    sandbox.requests.append(call)
    try:
        answer = _answer(sandbox, endpoint, ids, call)
    except ConnectionLost:
        return _hang_up(call)
    except StripeError as error:
        answer = Answer(error.status, json.dumps(error.body(call["id"])))
    finally:
        current_request.reset(token)
    call |= {"status": answer.status, "replayed": answer.replayed}
    return _response(answer, call)


def _answer(sandbox: Sandbox, endpoint: Endpoint | None, ids: dict[str, str], call: Object) -> Answer:
    _check_key(sandbox)
    if not endpoint or "rest" in ids:
        message = f"Unrecognized request URL ({request.method}: {request.path})."
        raise NotBegun(f"{message} Stripe itself may know it; the stand-in does not.", status=404)
    _check_version()
    if fault := sandbox.faults.take(request.method, request.path):
        call["fault"] = fault.status
        sandbox.faults.before_call(fault)
    call["params"] = params = decode(_encoded_params())
    params = check(params, endpoint.shape)
    execute = partial(_execute, sandbox, endpoint, ids, params, fault, call["id"])
    if request.method == "POST" and (key := call["idempotency_key"]):
        fingerprint = json.dumps([request.path, params], sort_keys=True)
        answer = answer_once(sandbox, key, fingerprint, execute)
    else:
        answer = execute()
    if fault:
        sandbox.faults.after_call(fault)
    return answer


def _execute(
    sandbox: Sandbox, endpoint: Endpoint, ids: dict[str, str], params: Params, fault: Fault | None, request_id: str
) -> Answer:
    """The call itself. An error of its own making is an answer like any other, and stored like one."""
    try:
        if fault:
            sandbox.faults.within_call(fault)
        expand = params.get("expand", [])
        with sandbox.transaction() if endpoint.method != "GET" else sandbox.changed:
            body = expanded(sandbox.store, endpoint.handler(sandbox, params, **ids), expand)
        return Answer(200, json.dumps(body))
    except NotBegun:
        raise
    except StripeError as error:
        return Answer(error.status, json.dumps(error.body(request_id)))


def _encoded_params() -> str:
    if request.method == "GET":
        return request.query_string.decode("utf-8", "replace")
    kind = request.mimetype
    if request.content_length and kind != "application/x-www-form-urlencoded":
        raise NotBegun(f"Invalid request: the v1 API takes application/x-www-form-urlencoded, not {kind or 'nothing'}.")
    return request.get_data(as_text=True)


def _check_key(sandbox: Sandbox) -> None:
    """`Authorization: Bearer sk_…`, or the key as the user name of basic authentication, as Stripe takes it."""
    given = (request.authorization.token or request.authorization.get("username", "")) if request.authorization else ""
    if not given:
        message = "You did not provide an API key. You need to provide your API key in the Authorization header, using"
        raise NotBegun(f"{message} Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').", status=401)
    if not hmac.compare_digest(given.encode(), sandbox.settings.api_key.encode()):
        raise NotBegun(f"Invalid API Key provided: {given[:8]}***{given[-4:]}", status=401)


def _check_version() -> None:
    if (version := request.headers.get("Stripe-Version", API_VERSION)) != API_VERSION:
        raise NotBegun(f"Invalid Stripe API version: {version}. The Stripe stand-in speaks {API_VERSION} only.")


def _response(answer: Answer, call: Object) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers["Request-Id"] = call["id"]
    response.headers["Stripe-Version"] = API_VERSION
    if key := call["idempotency_key"]:
        response.headers["Idempotency-Key"] = key
        # Trying again with this key would only bring the same 500 back.
        response.headers.extend({"Stripe-Should-Retry": "false"} if answer.status == 500 else {})
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _hang_up(call: Object) -> ResponseReturnValue:
    call["status"] = None
    connection: Any = request.environ.get("werkzeug.socket")
    if connection:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)
