"""Sends a whole directory by SCIM to one web process, as Entra ID and Okta do: a lookup by filter, then the change.

Everyone is new; groups get members; the same is sent again; and 1 % leave. The sender is a process of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench import meter
from tests.bench.directories import peak_memory
from tests.bench.meter import Usage
from tests.bench.processes import DriverProcess, driver
from tests.bench.site import MeasuredSites

_WARM_UPS = 40  # requests: the first one loads scim2-models


@dataclass(frozen=True)
class Pass:
    """One pass through the directory.

    Units: `seconds`; `took` in milliseconds for each request; `memory` of the web process in MiB: before, after, and
    at its peak. Shape: `counts` are answers by method and status; `events` are new audit events.
    """

    title: str
    people: int
    seconds: float
    took: list[float]
    counts: dict[str, int]
    usage: Usage
    memory: tuple[float, float, float]
    events: int

    @property
    def rate(self) -> float:
        """How many requests were answered in a second."""
        return len(self.took) / self.seconds

    @property
    def usage_each(self) -> Usage:
        """What a request used."""
        return self.usage / len(self.took)


def measure(up: MeasuredSites, *, people: int, say: Callable[[str], None]) -> list[Pass]:
    """Send a directory of so many people, four requests at a time."""
    up.web(1)
    try:
        with (
            up.turn(up.floor),
            driver(
                "sender", up.ours.address, up.ours.home, up.ours.environment, module=f"{__package__}.sender"
            ) as hand,
        ):
            hand.order("make", people=people)
            hand.order("warm", n=_WARM_UPS)
            return [
                _pass(up, hand, say, title, order, people)
                for title, order in (
                    ("everyone is new", "add"),
                    ("groups get members", "fill"),
                    ("the same again", "repeat"),
                    ("1 % leave", "leave"),
                )
            ]
    finally:
        up.web(2)


def _pass(
    up: MeasuredSites, hand: DriverProcess, say: Callable[[str], None], title: str, order: str, people: int
) -> Pass:
    say(f"SCIM: {title}")
    pid = _web_process(up)
    events, before = hand.order("events"), up.ours.meter.read()
    first = peak_memory.forget_peak(pid)
    found: dict[str, Any] = hand.order(order)
    memory = (first, peak_memory.memory(pid, "VmRSS"), peak_memory.memory(pid, "VmHWM"))
    usage = up.ours.meter.read() - before
    return Pass(title=title, people=people, usage=usage, memory=memory, events=hand.order("events") - events, **found)


def _web_process(up: MeasuredSites) -> int:
    """Return the process that answers: the child of the one that was started."""
    (first,) = up.ours.pids("web")
    (pid,) = [each for each in meter.family(first) if each != first]
    return pid
