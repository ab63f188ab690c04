"""Tests of HTTP to providers: which failures leave it open whether a message was sent."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from verification.delivery import provider_http
from verification.delivery.provider_interface import SendRefused
from verification.models import FailureReason


def _certificate(home: Path) -> Path:
    """Create a certificate that nobody signed, with its key. Return the path of the file with both."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2126, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    both = home / "server.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return both


@pytest.fixture
def unknown_server(tmp_path: Path) -> Iterator[str]:
    """Listen with a certificate that no authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_shake_hands, args=(listener, context), daemon=True)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}/send"
    listener.close()
    thread.join(timeout=5)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        wire, _address = listener.accept()
        with wire, context.wrap_socket(wire, server_side=True):
            pass


def test_nothing_is_sent_to_a_server_whose_certificate_is_not_valid(unknown_server: str) -> None:
    """Seen failing: it was unknown whether the message was sent, so the next provider didn't get it."""
    with pytest.raises(SendRefused) as refusal:
        provider_http.ask("POST", unknown_server, headers={}, body="{}")

    assert (refusal.value.reason, refusal.value.code) == (FailureReason.PROVIDER_DOWN, "tls-certificate")
