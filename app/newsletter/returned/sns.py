"""Notices that Amazon SNS sends over HTTPS: whether Amazon wrote them, and the answer to the first.

How they are signed stands in Amazon's developer guide, "Verifying the signatures of Amazon SNS messages". The
certificate is fetched from Amazon's host of the region of our own topic, and from no other: a notice may name any
address, and sns.s3.amazonaws.com, for one, is anybody's bucket.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.clock import now, read_moment
from app.mail_settings import SNS_TOPIC

PATIENCE_SECONDS = 5
LONGEST_ANSWER = 64 * 1024
# Amazon tries a notice again for an hour at most.
GOOD_FOR = timedelta(hours=2)
NOTIFICATION, CONFIRMATION, GOODBYE = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    GOODBYE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_READ = {*_SIGNED[NOTIFICATION], *_SIGNED[CONFIRMATION], "Signature", "SignatureVersion", "SigningCertURL"}
# Version 1 is signed with SHA-1, which Amazon still sends unless the topic is told otherwise.
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - as Amazon signs.
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")


class Refused(Exception):
    """The notice is not from our topic at Amazon. The message says why, for the log."""


class Unreachable(Exception):
    """Amazon did not answer. It tries the notice again by itself."""


def verify(notice: Mapping[str, Any], topic: str) -> str:
    """The type of a notice of `topic` (an ARN) that Amazon signed lately. Raises Refused or Unreachable."""
    kind = notice.get("Type") or ""
    if not all(isinstance(notice.get(name) or "", str) for name in _READ) or kind not in _SIGNED:
        raise Refused("it is no notice")
    if notice.get("TopicArn") != topic:
        raise Refused("it is of another topic")
    if (moment := read_moment(notice.get("Timestamp") or "")) is None:
        raise Refused("it says no moment")
    if abs(now() - moment) > GOOD_FOR:
        raise Refused("it is old")
    algorithm = _HASHES.get(notice.get("SignatureVersion") or "")
    if algorithm is None:
        raise Refused("its signature is of a version nobody knows")
    key = _key_at(_trusted(notice.get("SigningCertURL") or "", topic, _CERTIFICATE_PATH))
    signed = "".join(f"{name}\n{notice[name]}\n" for name in _SIGNED[kind] if notice.get(name) is not None)
    try:
        key.verify(b64decode(notice.get("Signature") or "", validate=True), signed.encode(), PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        raise Refused("its signature is not Amazon's") from None
    return str(kind)


def confirm(notice: Mapping[str, Any], topic: str) -> None:
    """Tell Amazon that we want the notices of `topic`, by calling the address in a verified SubscriptionConfirmation.

    Raises Refused when that is not Amazon's, Unreachable when it does not answer.
    """
    _fetch(*_trusted(notice.get("SubscribeURL") or "", topic, re.compile(r"/")))


def host_of(topic: str) -> str:
    """Amazon's host for the region of a topic."""
    parts = SNS_TOPIC.fullmatch(topic)
    if parts is None:
        raise Refused("the topic is not one of Amazon's")
    return f"sns.{parts['region']}.amazonaws.com" + (".cn" if parts["partition"] == "aws-cn" else "")


def connect(host: str) -> HTTPConnection:
    """A connection to one of Amazon's hosts, which answers in seconds or fails."""
    return HTTPSConnection(host, timeout=PATIENCE_SECONDS)


def _trusted(url: str, topic: str, path: re.Pattern[str]) -> tuple[str, str]:
    """Host, and path with query, of an address that is Amazon's for this topic, and has such a path."""
    host = host_of(topic)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("it names no address") from None
    if parts.scheme != "https" or parts.netloc != host or not path.fullmatch(parts.path):
        raise Refused("it names an address that is not Amazon's")
    if not re.fullmatch(r"[!-~]{1,2000}", url):
        raise Refused("it names no address")
    return host, f"{parts.path}?{parts.query}" if parts.query else parts.path


def _key_at(place: tuple[str, str]) -> RSAPublicKey:
    try:
        return _kept_key(*place)
    except ValueError:
        raise Refused("its certificate is none") from None


@lru_cache(maxsize=16)
def _kept_key(host: str, path: str) -> RSAPublicKey:
    """The key of the certificate at Amazon, fetched once in a process."""
    certificate = x509.load_pem_x509_certificate(_fetch(host, path))
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    return key


def _fetch(host: str, path: str) -> bytes:
    """What Amazon answers. A redirect is no answer."""
    connection = connect(host)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise Unreachable(f"{host} answered {answer.status}")
        return answer.read(LONGEST_ANSWER)
    except (OSError, HTTPException) as problem:
        raise Unreachable(f"{host}: {type(problem).__name__}") from None
    finally:
        connection.close()
