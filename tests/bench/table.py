"""Puts what was measured into words and columns, with each goal beside its figure."""

import os
import platform
from collections.abc import Sequence

from tests.bench.app_passwords import Checks
from tests.bench.deliveries import Deliveries, Rate
from tests.bench.meter import middle, share
from tests.bench.signins import REQUESTS, THREE, Series, SignIns

_NAMES = {"open": "GET password", "password": "POST password", "page": "GET code page", "code": "POST code"}
_CPU_GOAL, _ASK_GOAL = 1.5, 1.1
_WAY_GOALS = {10: 20.0, 100: 20.0, 200: 30.0}  # messages a second: milliseconds
_PACE_GOAL = 1 / 0.9
_THROUGH_GOAL, _WORKER_GOAL = 400.0, 75.0
_CHECK_GOAL, _CHECK_STATEMENTS = 6.0, 3  # CPU milliseconds a request


def head(database: str, broker: str) -> str:
    """Say on what it runs."""
    rows = "PostgreSQL" if database else "SQLite"
    queue = "Redis" if broker else "embedded broker"
    load = " ".join(f"{value:.1f}" for value in os.getloadavg()[:2])
    return f"{rows}, {queue}, Python {platform.python_version()}, {os.cpu_count()} cores, load before {load}"


def sign_ins(found: SignIns) -> str:
    """Show the sign-ins, one column a kind."""
    kinds = [found.floor, found.floor_text, *found.ours]
    ask, slow = (kind.took["password"] for kind in found.ours[1:])
    return "\n".join(
        [
            _row("Whole sign-ins: GET, POST password, POST code", [kind.title for kind in kinds]),
            *_processor(found, kinds),
            *(_row(f"ms p50 / p95, {_NAMES[name]}", [_shares(kind.took[name]) for kind in kinds]) for name in REQUESTS),
            _row("ms p50 / p95, whole", [_shares(kind.wholes()) for kind in kinds]),
            _row("statements + control, whole", [_statements(kind, THREE) for kind in kinds]),
            *(_row(f"  {_NAMES[name]}", [_statements(kind, (name,)) for kind in kinds]) for name in REQUESTS),
            *(_parallel([found.floor, found.ours[0]]) if found.floor.parallel else ()),
            f"One receipt of the carrier costs the web {found.receipt:.2f} ms of CPU; a text has three.",
            f"A web process holds {found.memory:.0f} MiB.",
            "",
            *(
                _goal(f"CPU without the hash, {kind.title}", _ratio(found, kind, THREE), _CPU_GOAL, "x floor")
                for kind in found.ours
            ),
            _goal("the request that asks for a text, 1000 to 0 ms, p50", middle(slow) / middle(ask), _ASK_GOAL, "x"),
            _goal("the same, p95", share(slow, 0.95) / share(ask, 0.95), _ASK_GOAL, "x"),
            *(
                [_goal("sign-ins by text a second, 0 to 1000 ms", found.pace[0] / found.pace[1], _PACE_GOAL, "x")]
                if found.pace[1]
                else []
            ),
            "",
        ]
    )


def deliveries(found: Deliveries) -> str:
    """Show the deliveries."""
    return "\n".join(
        [
            "To the carrier by two workers of 64 threads: from the wake-up; from the request that asks, beside it",
            *(_rate(rate) for rate in found.rates),
            f"  through a carrier of 200 ms: {found.through:.0f} a second, worker CPU {found.through_cpu:.2f} ms each",
            f"  A worker holds {found.memory:.0f} MiB.",
            "",
            *(
                _goal(f"enqueue to carrier, p99 at {rate.rate}/s", share(rate.took, 0.99), _WAY_GOALS[rate.rate], "ms")
                for rate in found.rates
            ),
            _goal("a worker's memory", found.memory, _WORKER_GOAL, "MiB"),
            _goal(
                f"messages a second through a slow carrier, {_THROUGH_GOAL:.0f} to",
                _THROUGH_GOAL / found.through,
                1,
                "x",
            ),
        ]
    )


def app_passwords(found: Checks) -> str:
    """Show what the question of a mail server or web server costs."""
    return "\n".join(
        [
            f"One check of an app password: ms p50 / p95 {_shares(found.took)}; {found.rate:.0f} a second by eight",
            "",
            _goal("web CPU of a check", middle(found.cpu), _CHECK_GOAL, "ms"),
            _goal("statements of the dearest check", found.statements, _CHECK_STATEMENTS, ""),
            "",
        ]
    )


def _processor(found: SignIns, kinds: Sequence[Series]) -> list[str]:
    """Show processor time, whole and by request, and how it stands to the floor's."""

    def net(requests: tuple[str, ...]) -> list[str]:
        return [f"{middle(kind.net(requests, found.hash)):.2f}" for kind in kinds]

    def ratios(requests: tuple[str, ...]) -> list[str]:
        return [f"{_ratio(found, kind, requests):.2f}" for kind in kinds]

    return [
        _row("web CPU ms", [f"{middle(kind.rounds(THREE)):.2f}" for kind in kinds]),
        _row(f"  without the hash ({middle(found.hash):.2f} ms)", net(THREE)),
        _row("    x floor", ratios(THREE)),
        _row("  without the hash, with the page of the code", net(REQUESTS)),
        _row("    x floor", ratios(REQUESTS)),
        *(_row(f"  {_NAMES[name]}", net((name,))) for name in REQUESTS),
    ]


def _ratio(found: SignIns, series: Series, requests: tuple[str, ...]) -> float:
    """Give the median of the rounds' own ratios to the floor of the same method, each without the hash."""
    floor = found.floor_text if series.method == "text" else found.floor
    pairs = zip(series.net(requests, found.hash), floor.net(requests, found.hash), strict=True)
    return middle([ours / floor for ours, floor in pairs])


def _rate(rate: Rate) -> str:
    own, whole = (
        " / ".join(f"{share(took, part):.1f}" for part in (0.5, 0.95, 0.99)) for took in (rate.took, rate.whole)
    )
    return f"  {rate.rate:>4}/s   ms p50 / p95 / p99   {own:<22} {whole:<24} worker CPU {rate.cpu:.2f} ms each"


def _parallel(kinds: Sequence[Series]) -> list[str]:
    return [
        _row("eight browsers at a time: ms p50 / p95, whole", [_shares(kind.parallel) for kind in kinds]),
        _row("  sign-ins/s", [f"{8000 * len(kind.parallel) / sum(kind.parallel):.1f}" for kind in kinds]),
        _row("  web CPU ms", [f"{kind.parallel_cpu:.2f}" for kind in kinds]),
    ]


def _shares(values: Sequence[float]) -> str:
    return f"{share(values, 0.5):.1f} / {share(values, 0.95):.1f}"


def _statements(series: Series, requests: tuple[str, ...]) -> str:
    counts = [series.statements[name] for name in requests]
    return f"{sum(n for n, _ in counts)} + {sum(control for _, control in counts)}"


def _row(title: str, cells: Sequence[str]) -> str:
    return f"{title:<46}" + "".join(f"{cell:>26}" for cell in cells)


def _goal(what: str, value: float, most: float, unit: str) -> str:
    return f"{'met   ' if value <= most else 'MISSED'}  {what}: {value:.2f} {unit} (goal {most:g})"
