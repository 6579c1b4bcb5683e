"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

from collections.abc import Callable
from typing import NamedTuple

from app.stripe_sandbox.errors import NotBegun
from app.stripe_sandbox.sandbox import Sandbox

LONGEST_KEY = 255
KEPT_SECONDS = 24 * 3600


class Answer(NamedTuple):
    status: int
    body: str
    replayed: bool = False


def answer_once(sandbox: Sandbox, key: str, fingerprint: str, execute: Callable[[], Answer]) -> Answer:
    """The stored answer of `key`, or that of `execute`, stored. What fails before it begins (NotBegun) is not."""
    if len(key) > LONGEST_KEY:
        raise NotBegun(f"Idempotency keys must be at most {LONGEST_KEY} characters.", type="idempotency_error")
    if stored := _claim(sandbox, key, fingerprint):
        return stored
    try:
        answer = execute()
    except BaseException:
        with sandbox.transaction():
            sandbox.store.idempotency.pop(key, None)
        raise
    with sandbox.transaction():
        sandbox.store.idempotency[key].update(status=answer.status, body=answer.body)
    return answer


def _claim(sandbox: Sandbox, key: str, fingerprint: str) -> Answer | None:
    with sandbox.transaction():
        keys = sandbox.store.idempotency
        record = keys.get(key)
        if record and record["claimed_at"] > sandbox.now() - KEPT_SECONDS:
            return _replay(key, fingerprint, record)
        keys[key] = {"fingerprint": fingerprint, "claimed_at": sandbox.now()}
        return None


def _replay(key: str, fingerprint: str, record: dict[str, object]) -> Answer:
    if record["fingerprint"] != fingerprint:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        advice = f"Try using a key other than '{key}' if you meant to execute a different request."
        raise NotBegun(f"{message} {advice}", type="idempotency_error")
    if "body" not in record:
        message = f"There is currently another in-progress request using this Idempotent Key: {key}"
        raise NotBegun(message, status=409, code="idempotency_key_in_use")
    return Answer(int(str(record["status"])), str(record["body"]), replayed=True)
