"""Signs people in at full load for seven minutes, and watches the memory of every process. A wrong answer ends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import meter
from tests.bench.site import MeasuredSite, MeasuredSites

_SECONDS = 7 * 60
_BATCH = 1000  # people, who each sign in once
_CROWD = 32
_WARM_UP = 60.0  # seconds until caches and pools are full
_PROCESSES = ("web", "worker-1", "worker-2", "worker-house", "beat")


@dataclass(frozen=True)
class Turn:
    """What one batch showed.

    Units: `at` seconds since the start; `rate` sign-ins a second; `memory` MiB RSS of the largest process by name.
    """

    at: float
    method: str
    n: int
    rate: float
    memory: dict[str, float]


@dataclass(frozen=True)
class Soak:
    """All batches, in their order."""

    turns: list[Turn]

    @property
    def n(self) -> int:
        """How many sign-ins there were."""
        return sum(turn.n for turn in self.turns)

    @property
    def growth(self) -> dict[str, float]:
        """The memory at the end to that when each method had a turn and a minute was over, by the process's name."""
        first = next(turn for turn in self.turns[1:] if turn.at >= _WARM_UP)
        return {name: self.turns[-1].memory[name] / first.memory[name] for name in _PROCESSES}


def measure(up: MeasuredSites, *, say: Callable[[str], None]) -> Soak:
    """Sign people in by apps and by texts in turn, thirty-two at a time. Errors: `Broken` at the first wrong answer."""
    begun, turns = time.monotonic(), list[Turn]()
    while time.monotonic() - begun < _SECONDS:
        method = ("totp", "text")[len(turns) % 2]
        say(f"full load, {(time.monotonic() - begun) / 60:.1f} of {_SECONDS / 60:.0f} minutes")
        up.ours.hand.order("carry", what="treat", latency=0)  # else the spending limits would be used up
        up.ours.hand.order("batch", method=method, n=_BATCH)
        found = up.ours.hand.order("pace", width=_CROWD)
        assert found["n"] == _BATCH, f"{found['n']} of {_BATCH} signed in"
        turns.append(Turn(time.monotonic() - begun, method, _BATCH, found["rate"], _memory(up.ours)))
    return Soak(turns)


def _memory(site: MeasuredSite) -> dict[str, float]:
    return {
        name: max(meter.memory(pid).rss for first in site.pids(name) for pid in meter.family(first))
        for name in _PROCESSES
    }
