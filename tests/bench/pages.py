"""Times pages alone, in one process: milliseconds of the server, and statements."""

import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 40


@dataclass(frozen=True)
class Line:
    """One kind of page. Units: milliseconds of the server a page."""

    name: str
    took: list[float]
    statements: int

    @property
    def p95(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.95)]


def pages_timed(get: Callable[[str], Any], pages: Mapping[str, Callable[[int], str]]) -> list[Line]:
    """Open each kind of page some forty times, each time as its number says."""
    from django.db import connection  # noqa: PLC0415 - Django is ready only now
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    found = []
    for name, address in pages.items():
        get(address(0))
        with CaptureQueriesContext(connection) as captured:
            get(address(0))
        n_statements = len(captured)  # the next request forgets them
        took = []
        for n in range(ROUNDS):
            before = time.perf_counter()
            answer = get(address(n))
            took.append((time.perf_counter() - before) * 1000)
            assert answer.status_code == 200, (name, answer.status_code)
        found.append(Line(name, took, n_statements))
    return found


def show(lines: list[Line], *, goal_ms: float, goal_statements: int, unbounded: Collection[str] = ()) -> None:
    """Print the lines, each with its goals."""
    say = sys.stdout.write
    say(f"{'':24}{'p50 ms':>8}{'p95 ms':>8}{'goal':>6}{'':8}{'statements':>10}{'goal':>6}\n")
    for line in lines:
        verdict = "ok" if line.p95 <= goal_ms else "MISSED"
        bound = "" if line.name in unbounded else f"{goal_statements}"
        say(f"{line.name:24}{median(line.took):8.1f}{line.p95:8.1f}{goal_ms:6.0f}  {verdict:6}")
        say(f"{line.statements:10d}{bound:>6}\n")
