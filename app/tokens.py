"""Signed links: what a mail carries so that its reader, and nobody else, can act.

A token is a small payload signed under a salt of its own purpose, so that a token made for one purpose is refused
for every other. It is not encrypted: a payload holds row numbers, never anything personal.
"""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask import current_app
from itsdangerous import (
    BadSignature,
    SignatureExpired,
    Signer,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
)
from itsdangerous.encoding import base64_encode, int_to_bytes

from app.clock import now

_encode = json.JSONEncoder(separators=(",", ":")).encode


class InvalidToken(Exception):
    """The token was not made by this site for this purpose."""


class ExpiredToken(InvalidToken):
    """The token was made for this purpose, longer ago than it may be used. `payload` is what it held."""

    def __init__(self, payload: Any) -> None:
        super().__init__("expired")
        self.payload = payload


class _ClockSigner(TimestampSigner):
    default_digest_method = staticmethod(sha256)

    def get_timestamp(self) -> int:
        return int(now().timestamp())


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"link:{purpose}", signer=_ClockSigner)


def _signer(purpose: str) -> _ClockSigner:
    made = _serializer(purpose).make_signer()
    assert isinstance(made, _ClockSigner)  # noqa: S101 - the library's types know only what it derives from.
    return made


class _PlainSigner(Signer):
    default_digest_method = staticmethod(sha256)


def _ageless(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"shared link:{purpose}", signer=_PlainSigner)


def _is_as_signed(serializer: URLSafeSerializer | URLSafeTimedSerializer, token: str) -> bool:
    """Whether `token` is letter for letter as we wrote it. Base64 is read with foreign characters passed over, so that
    one link would have any number of spellings, each a page and a limit of its own.
    """
    value, _, signature = token.encode(errors="replace").rpartition(b".")
    signer = serializer.make_signer()
    return hmac.compare_digest(signer.get_signature(value), signature)


def sign(purpose: str, payload: Any) -> str:
    """A token that holds `payload` (anything JSON can hold) and is good for `purpose` only."""
    return str(_serializer(purpose).dumps(payload))


def encoded(payload: Any) -> bytes:
    """`payload` as tokens hold it."""
    return base64_encode(_encode(payload))


def signer(purpose: str) -> Callable[[bytes], str]:
    """A function that gives what `sign` gives for one purpose, from what `encoded` gives for the payload: for whoever
    signs by the ten thousand.
    """
    make = _signer(purpose)
    keyed = hmac.new(make.derive_key(), digestmod=sha256)

    @lru_cache(maxsize=2)
    def dated(moment: int) -> bytes:
        return b"." + base64_encode(int_to_bytes(moment))

    def sign_one(payload: bytes) -> str:
        value = payload + dated(make.get_timestamp())
        signature = keyed.copy()
        signature.update(value)
        return (value + b"." + base64_encode(signature.digest())).decode()

    return sign_one


def read(purpose: str, token: str, max_age: timedelta | None = None) -> Any:
    """What `token` holds. Raises ExpiredToken when it is older than `max_age`, InvalidToken when it is not ours."""
    seconds = int(max_age.total_seconds()) if max_age else None
    if not _is_as_signed(_serializer(purpose), token):
        raise InvalidToken
    try:
        return _serializer(purpose).loads(token, max_age=seconds)
    except SignatureExpired as expired:
        raise ExpiredToken(_serializer(purpose).load_payload(expired.payload or b"")) from None
    except BadSignature:
        raise InvalidToken from None


def sign_shared(purpose: str, payload: Any) -> str:
    """A token that is the same whenever it is made, for a link that many get: it has no age, and tells nobody apart."""
    return str(_ageless(purpose).dumps(payload))


def read_shared(purpose: str, token: str) -> Any:
    """What a token of `sign_shared` holds. Raises InvalidToken when it is not ours."""
    if not _is_as_signed(_ageless(purpose), token):
        raise InvalidToken
    try:
        return _ageless(purpose).loads(token)
    except BadSignature:
        raise InvalidToken from None
