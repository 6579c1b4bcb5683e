"""A stand-in for Amazon: what it signs, what somebody else signs in its name, and the host that certificates are on."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from tests.newsletter.conftest import ADA
from tests.newsletter.returned.conftest import envelope_of

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"


class Signer:
    """A key, with a certificate of its own for it."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2036, 1, 1))
        self.pem = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(self, notice, version="2"):
        """`notice` with its signature, made here as Amazon's guide describes it."""
        names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{notice[name]}\n" for name in names if name in notice)
        signature = self.key.sign(text.encode(), PKCS1v15(), hashes.SHA1() if version == "1" else hashes.SHA256())
        return notice | {
            "SignatureVersion": version, "Signature": b64encode(signature).decode(), "SigningCertURL": CERTIFICATE,
        }  # fmt: skip


AMAZON, FORGER = Signer(), Signer()


class Amazon(HTTPServer):
    """What answers in place of Amazon's host: `asked` holds the paths, `status` and `body` what it says."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked, self.status, self.body, self.location = [], 200, AMAZON.pem, None


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


def notice(message, clock, **fields):
    usual = {
        "Type": "Notification", "MessageId": "1b2c", "TopicArn": TOPIC, "Message": message,
        "Timestamp": clock.time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }  # fmt: skip
    return usual | fields


def bounce(delivery=None, kind="Permanent", sub_type="General", address=ADA, at=None, form="notificationType", **said):
    said = said or {"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    source = envelope_of(delivery) if delivery else "hello@doctor.example.org"
    at = (at or datetime(2026, 11, 24, 9, 0, tzinfo=UTC)).isoformat()
    told = {"bounceType": kind, "bounceSubType": sub_type, "timestamp": at}
    told["bouncedRecipients"] = [{"emailAddress": address, "action": "failed", **said}]
    return json.dumps({form: "Bounce", "bounce": told, "mail": {"source": source, "destination": [address]}})


def complaint(delivery=None, feedback="abuse", address=ADA, form="notificationType"):
    source = envelope_of(delivery) if delivery else "hello@doctor.example.org"
    told = {"complainedRecipients": [{"emailAddress": address}], "complaintFeedbackType": feedback}
    told["timestamp"] = "2026-11-24T09:00:00.000Z"
    return json.dumps({form: "Complaint", "complaint": told, "mail": {"source": source}})


def tell(client, body):
    """As SNS posts it: JSON that calls itself plain text, from no page."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/newsletter/webhooks/ses", data=body, content_type="text/plain; charset=UTF-8").status_code
