"""Tests with servers that stop in the middle of a TLS handshake, as a balancer does whose second server hangs."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from accounts.ldap_directories import encrypted_sockets, ldap_binds_and_searches, timeouts
from accounts.models import Directory
from accounts.models.directories import Encryption
from tests.faults.servers import certificate

pytestmark = pytest.mark.services  # python-ldap is no requirement of the other tests

_AGREED = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"  # RFC 4511, 4.14.2: a success
_AGREED_LONG = b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"  # as Windows


class HalfHandshakeServer:
    """A server that completes its first handshakes, and of each further one sends only some bytes."""

    def __init__(self, home: Path, agreed: bytes, *, n_whole: int, n_bytes: int, pause: float = 0) -> None:
        made, key = certificate(home, "localhost")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(made, key)
        self._agreed, self._n_whole, self._n_bytes, self._pause = agreed, n_whole, n_bytes, pause
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.ca, self.address = made.read_text(), f"localhost:{self._listener.getsockname()[1]}"
        self._kept = ExitStack()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self._kept.close()

    def _accept(self) -> None:
        n = 0
        with suppress(OSError):
            while True:
                line = self._kept.enter_context(self._listener.accept()[0])
                most = 100_000 if n < self._n_whole else self._n_bytes
                threading.Thread(target=self._shake_hands, args=(line, most), daemon=True).start()
                n += 1

    def _shake_hands(self, line: socket.socket, most: int) -> None:
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self._context.wrap_bio(received, sent, server_side=True)
        with suppress(OSError):
            if self._agreed:
                line.recv(1000)
                for at in range(len(self._agreed)):  # in the smallest parts that a network can make of it
                    line.sendall(self._agreed[at : at + 1])
                    time.sleep(self._pause)
            while most:
                received.write(line.recv(20_000))
                with suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                data = sent.read()[:most]
                line.sendall(data)
                most -= len(data)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., HalfHandshakeServer]]:
    with ExitStack() as running:

        def begin(agreed: bytes, **more: float) -> HalfHandshakeServer:
            server = HalfHandshakeServer(tmp_path, agreed, **more)  # type: ignore[arg-type]  # counts are whole
            running.callback(server.close)
            return server

        yield begin


@pytest.mark.parametrize(
    ("encryption", "agreed"),
    [(Encryption.LDAPS, b""), (Encryption.STARTTLS, _AGREED), (Encryption.STARTTLS, _AGREED_LONG)],
    ids=["ldaps", "starttls", "starttls of Windows"],
)
@pytest.mark.parametrize(("n_whole", "n_bytes"), [(0, 3), (0, 700), (1, 3), (1, 700)])
def test_half_a_handshake_makes_nobody_wait_forever(
    start: Callable[..., HalfHandshakeServer],
    monkeypatch: pytest.MonkeyPatch,
    encryption: Encryption,
    agreed: bytes,
    n_whole: int,
    n_bytes: int,
) -> None:
    """Seen failing with libldap's own handshake: its thread never came back, and used a whole processor with LDAPS."""
    monkeypatch.setattr(timeouts, "CONNECT_TIMEOUT", 0.3)
    monkeypatch.setattr(timeouts, "ANSWER_TIMEOUT", 0.3)
    server = start(agreed, n_whole=n_whole, n_bytes=n_bytes)

    assert len(_said_by(server, encryption)) == 1
    assert _carriers() == []


def test_an_answer_in_slow_parts_makes_nobody_wait_for_all_of_them(
    start: Callable[..., HalfHandshakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: each byte had its own three seconds, so a server could hold a sign-in for hours."""
    monkeypatch.setattr(timeouts, "CONNECT_TIMEOUT", 0.3)
    monkeypatch.setattr(timeouts, "ANSWER_TIMEOUT", 0.3)
    began = time.monotonic()

    assert len(_said_by(start(_AGREED, n_whole=1, n_bytes=0, pause=0.2), Encryption.STARTTLS)) == 1
    assert time.monotonic() - began < 1.5


def _said_by(server: HalfHandshakeServer, encryption: Encryption) -> list[str]:
    """Return what we say of a server within five seconds."""
    directory = Directory(kind="openldap", encryption=encryption, account="cn=us", base="dc=example", ca=server.ca)
    said: list[str] = []

    def ask() -> None:
        try:
            with ldap_binds_and_searches.connected(directory, server.address, until=time.monotonic() + 2) as connection:
                connection.bind_account("secret")
        except ldap_binds_and_searches.Away as away:
            said.append(str(away))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(5)
    return said


def _carriers() -> list[threading.Thread]:
    """Return the threads that still carry something, a moment after their connections were closed."""
    found = [each for each in threading.enumerate() if each.name == encrypted_sockets.THREAD_NAME]
    for each in found:
        each.join(2)
    return [each for each in found if each.is_alive()]


def test_a_name_that_no_server_can_have_is_away() -> None:
    """Seen failing: it raised a `UnicodeError`."""
    directory = Directory(kind="openldap", encryption=Encryption.LDAPS, account="cn=us", base="dc=example")

    with (
        pytest.raises(ldap_binds_and_searches.Away),
        ldap_binds_and_searches.connected(directory, "ldap..example.org"),
    ):
        pass
