"""Sockets to directory servers, encrypted here: libldap waits forever for a TLS handshake that stops half-way.

libldap gets one end of a pair of sockets. A thread carries everything between the other end and the server.
"""

import select
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

from accounts.ldap_directories import timeouts
from accounts.models.directories import Encryption

THREAD_NAME = "directory"  # of the threads
_MAX_CHUNK = 65_536  # bytes carried at once
_MAX_MESSAGE = 10_000  # bytes of an answer to StartTLS
# Source: RFC 4511, 4.14.1: an extended request with the name of StartTLS, and the start of a success.
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
_SUCCESS = b"\x0a\x01\x00"


class NotOffered(OSError):
    """A server doesn't offer StartTLS."""


def connect(host: str, port: int, *, encryption: str, ca: str, seconds: Callable[[], float]) -> int:
    """Return a file descriptor, which the caller closes, of a connection to a server.

    `seconds` says how long each step may take: to connect, to agree to StartTLS, and to shake hands.
    Errors: `OSError`, also for a certificate that is refused; `UnicodeError` for a name that no server can have.
    """
    with ExitStack() as opened:
        line = opened.enter_context(socket.create_connection((host, port), timeout=seconds()))
        if encryption != Encryption.NONE:
            context = ssl.create_default_context(cadata=ca or None)
            if encryption == Encryption.STARTTLS:
                _start_tls(line, until=time.monotonic() + seconds())
            line.settimeout(seconds())
            line = _carried(opened.enter_context(context.wrap_socket(line, server_hostname=host)))
        # Otherwise libldap would wait forever for the rest of half a message: its timeouts count between messages only.
        line.setblocking(False)
        opened.pop_all()
    return line.detach()


def _start_tls(line: socket.socket, *, until: float) -> None:
    """Agree to StartTLS. Exactly one message is read: what follows it belongs to the handshake."""
    line.sendall(_START_TLS)
    _kind, length = _exactly(line, 2, until=until)
    if length & 0x80:  # the long form: this byte says how many bytes the length has. Source: X.690, 8.1.3.5
        length = int.from_bytes(_exactly(line, length & 0x7F, until=until))
    if length > _MAX_MESSAGE or _SUCCESS not in _exactly(line, length, until=until):
        raise NotOffered("It doesn’t offer StartTLS.")


def _exactly(line: socket.socket, n: int, *, until: float) -> bytes:
    found = b""
    while len(found) < n:
        line.settimeout(max(until - time.monotonic(), 0.001))  # of all parts together: a server may send byte by byte
        part = line.recv(n - len(found))
        if not part:
            raise ConnectionResetError("It closed the connection.")
        found += part
    return found


def _carried(tls: ssl.SSLSocket) -> socket.socket:
    """Return a socket for plain text that leads to an encrypted one. Closing it closes both."""
    near, far = socket.socketpair()
    threading.Thread(target=_carry, args=(near, tls), name=THREAD_NAME, daemon=True).start()
    return far


def _carry(near: socket.socket, tls: ssl.SSLSocket) -> None:
    """Carry everything between two sockets until one is closed."""
    tls.setblocking(False)
    with near, tls, selectors.DefaultSelector() as both, suppress(OSError):
        both.register(near, selectors.EVENT_READ)
        both.register(tls, selectors.EVENT_READ)
        while True:
            for key, _events in both.select():
                if key.fileobj is near:
                    _send(tls, near.recv(_MAX_CHUNK))
                for part in _received(tls):  # all of it: what TLS has decrypted makes no socket readable
                    near.sendall(part)


def _received(tls: ssl.SSLSocket) -> Iterator[bytes]:
    with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
        while True:
            yield _something(tls.recv(_MAX_CHUNK))


def _send(tls: ssl.SSLSocket, data: bytes) -> None:
    left = memoryview(_something(data))
    while left:
        try:
            left = left[tls.send(left) :]
        except ssl.SSLWantWriteError:
            _wait(tls, select.POLLOUT)
        except ssl.SSLWantReadError:
            _wait(tls, select.POLLIN)


def _something(data: bytes) -> bytes:
    if not data:
        raise ConnectionResetError("The other side closed the connection.")
    return data


def _wait(tls: ssl.SSLSocket, event: int) -> None:
    waiting = select.poll()
    waiting.register(tls, event)
    if not waiting.poll(timeouts.WRITE_TIMEOUT * 1000):
        raise TimeoutError
