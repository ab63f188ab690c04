"""What operators set and how providers fare, as it was read at most a second ago, so that no message pays for it."""

import threading
import time
from dataclasses import dataclass

from django.db.models import Q

from verification import conf
from verification.models import Circuit, CircuitState, Kind, Route


@dataclass(frozen=True)
class Board:
    """The routes that are on, in their order, and the circuits that are not whole."""

    read_at: float
    routes: tuple[Route, ...]
    circuits: dict[tuple[str, str], Circuit]

    def circuit(self, provider: str, kind: Kind) -> Circuit | None:
        """Give a provider's circuit; none means that nothing failed of late."""
        return self.circuits.get((provider, str(kind)))


_lock = threading.Lock()
_held: Board | None = None


def read() -> Board:
    """Give the board, from the database when the one at hand is too old."""
    global _held  # noqa: PLW0603  (one board a process)
    board = _held
    if board is not None and time.monotonic() - board.read_at < conf.board_seconds():
        return board
    with _lock:
        if _held is None or time.monotonic() - _held.read_at >= conf.board_seconds():
            _held = _load()
        return _held


def forget() -> None:
    """Read it anew next time: something was changed from here."""
    global _held  # noqa: PLW0603
    _held = None


def _load() -> Board:
    hurt = Circuit.objects.filter(~Q(state=CircuitState.CLOSED) | Q(failures__gt=0))
    return Board(
        read_at=time.monotonic(),
        routes=tuple(Route.objects.filter(is_on=True).order_by("order", "pk")),
        circuits={(row.provider, row.kind): row for row in hurt},
    )
