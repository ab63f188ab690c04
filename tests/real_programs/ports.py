"""Free ports for servers of the tests."""

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """Return a free port of 127.0.0.1 that no outgoing connection will be given."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)  # below the range of outgoing connections
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
