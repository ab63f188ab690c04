"""A TCP proxy for tests that breaks off or falls silent in the middle of what a real server answers."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum


class ConnectionFault(StrEnum):
    """What happens after the last byte that is let through."""

    SILENCE = "silence"
    RESET = "reset"
    END = "end"


@dataclass
class TcpProxy:
    """A running proxy. Shape: `most` is how many bytes of its answers each connection gets; None means all.

    The first `n_whole` connections get everything. `passed` is how many bytes the last connection got.
    """

    port: int
    most: int | None = None
    fault: ConnectionFault = ConnectionFault.SILENCE
    n_whole: int = 0
    passed: int = 0
    n_connections: int = 0
    has_broken: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    def serve(self, near: socket.socket, to: int) -> None:
        """Carry both directions of a connection, until one side ends or the fault comes."""
        far = socket.create_connection(("127.0.0.1", to))
        self._open += [near, far]
        self.n_connections += 1
        most = self.most if self.n_connections > self.n_whole else None
        asking = threading.Thread(target=self._carry, args=(near, far), daemon=True)
        asking.start()
        passed = 0
        with suppress(OSError):
            while some := far.recv(4096):
                left = len(some) if most is None else most - passed
                near.sendall(some[:left])
                passed += min(len(some), left)
                self.passed = passed
                if left <= len(some) and most is not None:
                    self._break(near)
                    self.has_broken.set()
                    return
            near.shutdown(socket.SHUT_WR)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while some := near.recv(4096):
                far.sendall(some)
            far.shutdown(socket.SHUT_WR)

    def _break(self, near: socket.socket) -> None:
        if self.fault is ConnectionFault.RESET:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() then sends a RST
            near.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it, which would keep it open
            near.close()
        elif self.fault is ConnectionFault.END:
            near.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End all connections."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def to(port: int) -> Iterator[TcpProxy]:
    """Run a proxy in front of a port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        proxy = TcpProxy(listener.getsockname()[1])
        stop = threading.Event()

        def accept() -> None:
            listener.settimeout(0.1)
            while not stop.is_set():
                with suppress(TimeoutError):
                    near, _address = listener.accept()
                    near.setblocking(True)
                    threading.Thread(target=proxy.serve, args=(near, port), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            stop.set()
            accepting.join()
            proxy.close()
