"""A fake carrier on loopback with the APIs of Twilio and Vonage. It can accept, refuse, be slow, fail or hang up."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_NAMES = ("sid", "id", "uuid", "message_uuid", "conversation_uuid")  # carriers' names for the reference
ACCOUNT, TOKEN = "AC" + "1" * 32, "token-of-the-tests"
KEY = "key-of-the-tests"
APPLICATION, SECRET = "a0000000-0000-4000-8000-000000000001", "secret-of-the-tests-which-is-long-enough"


@dataclass
class CarrierResponse:
    """The response to the next requests. `code` is one of Twilio's error numbers."""

    status: int = 201
    code: int = 0
    seconds: float = 0.0
    hangs_up: bool = False
    body: bytes = b""
    retry_after: str = ""


@dataclass
class FakeCarrier:
    """The requests received, and their responses: always `answer`, or `mood` by request number."""

    url: str = ""
    answer: CarrierResponse = field(default_factory=CarrierResponse)
    mood: Callable[[int], CarrierResponse] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def newest(self) -> dict[str, Any]:
        return self.requests[-1]


def _handler(carrier: FakeCarrier) -> type[BaseHTTPRequestHandler]:  # noqa: C901  (one class, small methods)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size).decode()
            is_json = self.headers.get("Content-Type") == "application/json"
            fields = json.loads(body) if is_json else parse_qs(body, keep_blank_values=True)
            came = {"path": self.path, "auth": self.headers.get("Authorization", ""), "fields": fields}
            with lock:
                carrier.requests.append(came)
                number = len(carrier.requests)
            told = came["answer"] = carrier.mood(number) if carrier.mood else carrier.answer
            self._answer(number, told)

        def do_GET(self) -> None:
            if self.path.startswith("/v1/calls"):
                answer = carrier.answer
                self._send(answer.status if answer.status >= 400 else 200, {"count": 0})
                return
            self._send(200, {"sid": ACCOUNT, "status": "active", "friendly_name": "tests"})

        def _answer(self, number: int, told: CarrierResponse) -> None:
            time.sleep(told.seconds)
            if told.hangs_up:
                self.close_connection = True
                self.connection.close()
                return
            if told.body:
                self._send_raw(told.status, told.body, told.retry_after)
            elif told.status >= 400:
                refusal = {"code": told.code, "message": "no", "status": told.status}
                self._send_raw(told.status, json.dumps(refusal).encode(), told.retry_after)
            else:
                prefix = "CA" if "calls" in self.path.lower() else "SM"
                names = dict.fromkeys(_NAMES, f"{prefix}{number:032d}")
                self._send(told.status, names | {"status": "queued", "direction": "outbound"})

        def _send(self, status: int, told: dict[str, Any]) -> None:
            self._send_raw(status, json.dumps(told).encode())

        def _send_raw(self, status: int, body: bytes, retry_after: str = "") -> None:
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Log nothing about connections that were cut on purpose."""


@contextmanager
def opened() -> Iterator[FakeCarrier]:
    """Run an exchange for the duration of the block."""
    carrier = FakeCarrier()
    server = _Quiet(("127.0.0.1", 0), _handler(carrier))
    carrier.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield carrier
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def twilio(settings: Any) -> Iterator[FakeCarrier]:
    """Run the exchange, and configure an account at Twilio."""
    with opened() as carrier:
        settings.TWILIO_ACCOUNT_SID = ACCOUNT
        settings.TWILIO_AUTH_TOKENS = (TOKEN, "the token before")
        settings.TWILIO_SENDERS = {"CH": "+41445550100", "*": "+15005550006"}
        settings.TWILIO_CALL_SENDERS = {}
        settings.TWILIO_MESSAGING_SERVICE_SID = ""
        settings.TWILIO_VOICES = {"de": "Polly.Vicki"}
        settings.TWILIO_BASE_URL = carrier.url
        yield carrier


@lru_cache(maxsize=1)
def private_key() -> str:
    """Create the private key of an application at Vonage."""
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return pem.decode()


def vonage_bearer(body: bytes, *, secret: str = SECRET, age: float = 0, **more: Any) -> str:
    """Sign a callback as Vonage does: a JWT over time and body."""
    claims = {"iss": "Vonage", "iat": int(time.time() - age), "jti": "1", "payload_hash": sha256(body).hexdigest()}
    return f"Bearer {jwt.encode(claims | more, secret, algorithm='HS256')}"


@pytest.fixture
def vonage(settings: Any) -> Iterator[FakeCarrier]:
    """Run the exchange, and configure an application at Vonage."""
    with opened() as carrier:
        carrier.answer = CarrierResponse(status=202)
        settings.VONAGE_APPLICATION_ID = APPLICATION
        settings.VONAGE_PRIVATE_KEY = private_key()
        settings.VONAGE_SIGNATURE_SECRETS = (SECRET, "the secret before, which is long too")
        settings.VONAGE_SENDERS = {"CH": "+41445550100", "*": "Example"}
        settings.VONAGE_CALL_SENDERS = {"*": "+41445550100"}
        settings.VONAGE_VOICES = {"de": "1"}
        settings.VONAGE_BASE_URL = carrier.url
        yield carrier


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeCarrier]:
    """Run an exchange, and configure it as a carrier with its own HTTP API."""
    with opened() as carrier:
        settings.GATEWAY_URL = f"{carrier.url}/send"
        settings.GATEWAY_TOKEN = TOKEN
        settings.GATEWAY_RECEIPT_KEYS = (KEY, "the key before")
        yield carrier
