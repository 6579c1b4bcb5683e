"""A web server on loopback that answers as it is told and keeps what it was asked."""

import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, *_: object) -> None:
        """A visitor who hangs up is no error of this server."""


class WebServer:
    """`answers[path]` is a status, or a status and a Location; `to_head` overrides it for HEAD. Anything else is 404.

    `bodies[path]` is what comes with it. A path that begins with /slow is answered a byte at a time, for ever; of one
    that begins with /drip, the body is. `while_asked` is called before each answer.
    """

    def __init__(self) -> None:
        self.answers: dict[str, int | tuple[int, str]] = {}
        self.to_head: dict[str, int] = {}
        self.bodies: dict[str, bytes] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.while_asked: Callable[[], object] = lambda: None
        self.is_stopping = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.command, self.headers["Host"], self.path))
                outer.while_asked()
                if self.path.startswith("/slow"):
                    return self._drip(b"HTTP/1.0 200 OK\r\nX-Slow: ")
                if self.path.startswith("/drip"):
                    return self._drip(b"HTTP/1.0 200 OK\r\n\r\n")
                answer = outer.answers.get(self.path, 404)
                if self.command == "HEAD":
                    answer = outer.to_head.get(self.path, answer)
                status, location = answer if isinstance(answer, tuple) else (answer, "")
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(outer.bodies.get(self.path, b""))
                return None

            do_HEAD = do_GET

            def _drip(self, beginning: bytes) -> None:
                self.wfile.write(beginning)
                try:
                    while not outer.is_stopping:
                        self.wfile.write(b".")
                        time.sleep(0.02)
                except OSError:
                    pass

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def start(self) -> "WebServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def use_tls(self, folder: Path, *, leaves_out_issuer: bool = False) -> Path:
        """Speak TLS from now on, with a certificate that is kept in the file given back, and that nobody vouches for,
        or somebody whose own certificate is not sent along.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        signing = ec.generate_private_key(ec.SECP256R1()) if leaves_out_issuer else key
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.org")])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")]) if leaves_out_issuer else name
        moment = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(moment)
            .not_valid_after(moment + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example.org")]), critical=False)
            .sign(signing, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pair = folder / "pair.pem"
        pair.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        return pair

    def stop(self) -> None:
        self.is_stopping = True
        self._server.shutdown()
        self._server.server_close()
