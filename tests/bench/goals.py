"""Puts what was measured into words and columns, with each goal beside its figure."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.bench.directories.ldap import Run
from tests.bench.directories.scim import Pass
from tests.bench.measures.app_passwords import Checks
from tests.bench.measures.compared_with_empty_view import Compared
from tests.bench.measures.deliveries import Deliveries, Rate
from tests.bench.measures.forward_auth import N_APPLICATIONS, Verdicts
from tests.bench.measures.memory_under_load import Soak
from tests.bench.measures.openid_connect import OidcSignIns
from tests.bench.measures.pages import SEARCHES, PageTimes
from tests.bench.measures.sign_ins import REQUESTS, Series, SignIns
from tests.bench.measures.sign_ins_per_process import Step
from tests.bench.meter import Memory, Usage, middle, share

_NAMES = {"open": "GET password", "password": "POST password", "page": "GET code", "code": "POST code"}


@dataclass(frozen=True)
class Goal:
    """One goal and its figure. `is_least` says that more is better."""

    what: str
    value: float
    goal: float
    unit: str = ""
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure reaches the goal."""
        return self.value >= self.goal if self.is_least else self.value <= self.goal


def goals(runs: Sequence[Sequence[Goal]]) -> str:
    """Show each goal beside its figure. Several runs give the median, and the range behind it."""
    lines = [f"Goals, {f'median of {len(runs)} runs (range)' if len(runs) > 1 else 'one run'}"]
    for same in zip(*runs, strict=True):
        values = sorted(goal.value for goal in same)
        goal = replace(same[0], value=middle(values))
        bound = "at least" if goal.is_least else "at most"
        span = f" ({values[0]:,.2f} to {values[-1]:,.2f})" if len(values) > 1 else ""
        figure = f"{goal.value:,.2f}{span} {goal.unit}".rstrip()
        lines.append(f"{'met   ' if goal.is_met else 'MISSED'}  {goal.what}: {figure}, {bound} {goal.goal:g}")
    return "\n".join([*lines, ""])


def head(people: int) -> str:
    """Say on what it runs."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg()[:2])
    python, cores = platform.python_version(), os.cpu_count()
    return f"PostgreSQL, Redis, Python {python}, {cores} cores, {people:,} people, load before {load}"


def sign_ins(found: SignIns) -> str:
    """Show the sign-ins, one column a kind."""
    kinds, counted = found.all(), found.all()[:4]

    def each(title: str, cell: Callable[[Series], str], of: Sequence[Series] = kinds) -> str:
        return _row(title, [cell(kind) for kind in of])

    return "\n".join(
        [
            _row("Whole sign-ins, four requests", [kind.title for kind in kinds]),
            each("CPU ms of all servers", lambda kind: f"{middle(kind.cpu()):.1f}"),
            *(
                _row(f"  {part}", [f"{kind.parts().get(part, 0):.1f}" for kind in kinds])
                for part in found.text.windows[0].cpu
            ),
            each(f"without the hash ({middle(found.hash):.1f} ms)", lambda kind: f"{_net(found, kind):.1f}"),
            each("x floor", lambda kind: f"{_ratio(found, kind):.2f}"),
            each(
                "x floor, with the hash", lambda kind: f"{middle(kind.cpu()) / middle(_floor(found, kind).cpu()):.2f}"
            ),
            each("statements + control + foreign-key checks", lambda kind: _statements(kind.block), counted),
            each("fsyncs of the log", lambda kind: f"{kind.block.fsyncs:.1f}", counted),
            each("WAL bytes", lambda kind: f"{kind.block.wal:,.0f}", counted),
            each("bytes left in the database", lambda kind: f"{kind.block.size:,.0f}", counted),
            *(_row(f"ms p50 / p95, {_NAMES[name]}", [_shares(kind.took[name]) for kind in kinds]) for name in REQUESTS),
            each("ms p50 / p95, all four", lambda kind: _shares(kind.wholes())),
            f"CPU of a carrier's receipt {found.receipt:.2f} ms, of an empty view {middle(found.empty):.2f} ms.",
            "Text sign-ins a second, 64 browsers (the driver's share of a core): "
            + "; ".join(
                f"{quick.rate:.1f} ({quick.cpu:.2f}) at 0 ms, {slow.rate:.1f} ({slow.cpu:.2f}) at 1000 ms"
                for quick, slow in found.pace
            ),
            f"RSS / PSS MiB: a web process {_memory(found.web)}; a worker of 32 threads {_memory(found.worker)}.",
            "",
        ]
    )


def sign_in_goals(found: SignIns) -> list[Goal]:
    """Give the goals of sign-ins."""
    app, text, ask, slow = found.app.block, found.text.block, found.text, found.slow
    with_hash = middle(found.app.cpu()) / middle(found.floor.cpu())
    return [
        Goal("CPU of an app sign-in without the hash", _ratio(found, found.app), 1.5, "x floor"),
        Goal("the same with the shipped hash", with_hash, 1.25, "x floor"),
        Goal("statements of an app sign-in", app.statements, 10),
        Goal("control statements", app.control, 4),
        Goal("foreign-key checks", app.checks, 2),
        Goal("fsyncs of the log", app.fsyncs, 4),
        Goal("WAL", app.wal, 5000, "bytes"),
        Goal("bytes left in the database", app.size, 1500, "bytes"),
        Goal("CPU of a text sign-in, worker included, without the hash", _net(found, found.text), 55, "ms"),
        Goal("statements of a text sign-in", text.statements, 14),
        Goal("bytes left in the database by a text sign-in", text.size, 2000, "bytes"),
        Goal("a request that asks for a text, 1000 to 0 ms, p50", _asked(slow, ask, 0.5), 1.1, "x"),
        Goal("the same, p95", _asked(slow, ask, 0.95), 1.1, "x"),
        Goal("text sign-ins a second, 1000 to 0 ms", found.slowed, 0.95, "x", is_least=True),
        Goal("RSS of a web process", found.web.rss, 75, "MiB"),
        Goal("RSS of a worker of 32 threads", found.worker.rss, 75, "MiB"),
    ]


def _asked(slow: Series, fast: Series, part: float) -> float:
    return share(slow.took["password"], part) / share(fast.took["password"], part)


def _floor(found: SignIns, series: Series) -> Series:
    return found.floor_text if series.method == "text" else found.floor


def _net(found: SignIns, series: Series) -> float:
    """Give the median processor time without the hash, each window without its round's."""
    return middle([whole - one for whole, one in zip(series.cpu(), found.hash, strict=True)])


def _ratio(found: SignIns, series: Series) -> float:
    """Give the median of the rounds' own ratios to the floor of the same method, each without the hash."""
    pairs = zip(series.cpu(), _floor(found, series).cpu(), found.hash, strict=True)
    return middle([(ours - one) / (floor - one) for ours, floor, one in pairs])


def app_passwords(found: Checks, empty: float) -> str:
    """Show what the question of a mail server or web server costs, beside an empty view."""
    cpu = middle([each.all_cpu for each in found.usage])
    return "\n".join(
        [
            "One check of an app password, of another person each time, with the row that says when it was used",
            f"  CPU {cpu:.2f} ms of all servers, {_statements(found.usage[-1])} statements",
            f"  ms p50 / p95 {_shares(found.took)}; {found.rate:.0f} a second by eight",
            f"  {cpu / empty:.2f} x an empty view",
            "",
        ]
    )


def app_password_goals(found: Checks, empty: float) -> list[Goal]:
    """Give the goal of an app password's check."""
    cpu = middle([each.all_cpu for each in found.usage])
    return [Goal("CPU of an app password's check", cpu / empty, 2, "x an empty view")]


def forward_auth(found: Verdicts) -> str:
    """Show what a proxy's question costs, beside an empty view."""
    lines = [
        _row(
            f"  {what}",
            [f"{cost.cpu:.2f}", _statements(cost.usage[-1]), _shares(cost.took), f"{rate:.0f}"],
        )
        for what, cost, rate in (
            ("1 application", found.single.ours, found.single_rate),
            (f"{N_APPLICATIONS} applications", found.many.ours, found.rate),
            ("an empty view", found.many.empty, found.empty_rate),
        )
    ]
    heads = ("CPU ms", "statements", "ms p50 / p95", "a second by eight")
    return "\n".join([_row("Verdicts of forward-auth, of another person each", heads), *lines, ""])


def forward_auth_goals(found: Verdicts) -> list[Goal]:
    """Give the goals of a verdict."""
    return [
        Goal("CPU of a verdict of forward-auth", found.many.ours.cpu, 3, "ms"),
        Goal(
            "Statements of a verdict, and those of caches", max(each.statements for each in found.many.ours.usage), 2.1
        ),
        _no_slower("a verdict", found.single, found.many),
    ]


def oidc(found: OidcSignIns) -> str:
    """Show what a sign-in with an existing session costs, and a request to the token endpoint."""
    heads = ("CPU ms", "statements", "ms p50 / p95", "a second by eight")
    lines = [
        _row(f"  {what}", [f"{cost.cpu:.2f}", _statements(cost.usage[-1]), _shares(cost.took), rate])
        for what, cost, rate in (
            ("whole sign-in, 1 application", found.single.ours, "–"),
            (f"whole sign-in, {N_APPLICATIONS} applications", found.many.ours, f"{found.rate:.0f}"),
            ("token endpoint, a refresh", found.tokens, f"{found.token_rate:.0f}"),
        )
    ]
    return "\n".join([_row("OpenID Connect, of another person with a session each", heads), *lines, ""])


def oidc_goals(found: OidcSignIns) -> list[Goal]:
    """Give the goals of an OpenID sign-in."""
    return [
        Goal("CPU of an OpenID sign-in with a session", found.many.ours.cpu, 40, "ms"),
        Goal("Statements of an OpenID sign-in", max(each.statements for each in found.many.ours.usage), 22),
        _no_slower("an OpenID sign-in", found.single, found.many),
    ]


def _no_slower(what: str, single: Compared, many: Compared) -> Goal:
    """Compare both as multiples of an empty view, which was measured beside each."""
    return Goal(f"CPU of {what} with {N_APPLICATIONS} applications to one with 1", many.ratio / single.ratio, 1.15, "x")


def pages(title: str, found: Sequence[PageTimes]) -> str:
    """Show pages, one line a kind."""
    heads = ("ms p50 / p95 alone", "by eight", "CPU ms", "statements")
    lines = [
        _row(
            f"  {page.name}",
            [_shares(page.alone), _shares(page.crowded), f"{page.usage.all_cpu:.1f}", _statements(page.usage)],
        )
        for page in found
    ]
    return "\n".join([_row(title, heads), *lines, ""])


def search_goals(found: Sequence[PageTimes]) -> list[Goal]:
    """Give the goals of people search: the slowest kind counts."""
    searches = [page for page in found if page.name in SEARCHES]
    return [
        Goal("people search, p95 of the slowest kind", max(share(page.alone, 0.95) for page in searches), 40, "ms"),
        Goal("the same by eight at a time", max(share(page.crowded, 0.95) for page in searches), 150, "ms"),
    ]


def ldap(found: Sequence[Run]) -> str:
    """Show what a whole directory costs by LDAP, one line a run."""
    heads = ("seconds", "peak MiB more", "statements", "CPU ms of PostgreSQL", "audit events")
    lines = [
        _row(
            f"  {run.title}",
            [
                f"{run.seconds:.1f}",
                f"{run.memory:.0f}",
                f"{run.usage.statements:,.0f}",
                f"{run.usage.cpu.get('PostgreSQL', 0):,.0f}",
                f"{run.events:,}",
            ],
        )
        for run in found
    ]
    counts = [", ".join(f"{name} {n:,}" for name, n in run.counts.items() if n) for run in found]
    return "\n".join([_row("A whole directory by LDAP", heads), *lines, *(f"  {each}" for each in counts), ""])


def ldap_goals(found: Sequence[Run]) -> list[Goal]:
    """Give the goals of a whole directory by LDAP."""
    first, second, _third = found
    return [
        Goal("50,000 people and 200 groups by LDAP", first.seconds / 60, 5, "minutes"),
        Goal("memory of the first run, above the process", first.memory, 100, "MiB"),
        Goal("a run without changes", second.seconds / 60, 1, "minutes"),
        Goal("memory of a run without changes", second.memory, 60, "MiB"),
        Goal("audit events of a run without changes", second.events, 1),
    ]


def scim(found: Sequence[Pass]) -> str:
    """Show what a whole directory costs by SCIM, one line a pass."""
    heads = (
        *("requests", "minutes", "a second", "ms p50 / p95", "statements", "CPU ms of web", "of PostgreSQL"),
        *("RSS, after, peak", "audit events"),
    )
    lines = [
        _row(
            f"  {one.title}",
            [
                *(f"{len(one.took):,}", f"{one.seconds / 60:.1f}", f"{one.rate:.1f}", _shares(one.took)),
                _statements(one.usage_each),
                *(f"{one.usage_each.cpu.get(part, 0):.1f}" for part in ("web", "PostgreSQL")),
                *(" / ".join(f"{each:.0f}" for each in one.memory), f"{one.events:,}"),
            ],
        )
        for one in found
    ]
    counts = [", ".join(f"{name}: {n:,}" for name, n in sorted(one.counts.items())) for one in found]
    title = f"{found[0].people:,} people by SCIM, four at a time"
    return "\n".join([_row(title, heads), *lines, *(f"  {each}" for each in counts), ""])


def scim_goals(found: Sequence[Pass]) -> list[Goal]:
    """Give the goals of a whole directory by SCIM."""
    new, members, same, leavers = found
    growth = max(one.memory[2] for one in found) - new.memory[0]
    return [
        *(
            Goal(f"SCIM requests a second, {one.title}", one.rate, 25, "", is_least=True)
            for one in (new, members, same, leavers)
        ),
        Goal("memory of the web process, last peak above the first request", growth, 20, "MiB"),
        Goal("audit events of the same again", same.events, 0),
    ]


def deliveries(found: Deliveries) -> str:
    """Show the deliveries."""
    return "\n".join(
        [
            "To the carrier by two workers of 64 threads: from the wake-up; from the request that asks, beside it",
            *(_rate(rate) for rate in found.rates),
            f"  through a carrier of 200 ms: {found.through:.0f} a second, worker CPU {found.through_cpu:.2f} ms each",
            "",
        ]
    )


def delivery_goals(found: Deliveries) -> list[Goal]:
    """Give the goals of deliveries."""
    return [
        *(
            Goal(
                f"wake-up to carrier, p99 at {each.rate}/s", share(each.took, 0.99), 30 if each.rate > 100 else 20, "ms"
            )
            for each in found.rates
        ),
        Goal("messages a second through a slow carrier", found.through, 400, is_least=True),
    ]


def scale(found: Sequence[Step]) -> str:
    """Show how many sign-ins so many web processes do and what limits them, as `deploy/scaling.md` has it."""
    heads = (
        *("web processes", "sign-ins a second", "CPU ms of web", "of PostgreSQL", "of Redis"),
        *("sign-ins a core-second", "RSS of all, MiB", "load generator, cores"),
    )
    cells = [
        (
            *(f"{step.processes}", f"{step.rate:.1f}"),
            *(f"{step.usage.cpu[part]:.1f}" for part in ("web", "PostgreSQL", "Redis")),
            *(f"{1000 / step.usage.all_cpu:.1f}", f"{step.memory:.0f}", f"{step.driver:.2f}"),
        )
        for step in found
    ]
    rows = [heads, ("---:",) * len(heads), *cells]
    return "\n".join(["Sign-ins by app code against web processes", *(f"| {' | '.join(row)} |" for row in rows), ""])


def soak(found: Soak) -> str:
    """Show minutes at full load, one line a batch."""
    names = tuple(found.turns[0].memory)
    lines = [
        _row(
            f"  {turn.at / 60:4.1f} minutes, {turn.n:,} by {turn.method}",
            [f"{turn.rate:.1f}", *(f"{turn.memory[name]:.1f}" for name in names)],
        )
        for turn in found.turns
    ]
    title = f"{found.n:,} sign-ins at full load, none failed"
    return "\n".join([_row(title, ["a second", *(f"{name}, MiB" for name in names)]), *lines, ""])


def soak_goals(found: Soak) -> list[Goal]:
    """Give the goals of full load: memory stays flat."""
    return [
        Goal(f"memory of {name} after seven minutes to that after one", growth, 1.05, "x")
        for name, growth in found.growth.items()
    ]


def _rate(rate: Rate) -> str:
    own, whole = (
        " / ".join(f"{share(took, part):.1f}" for part in (0.5, 0.95, 0.99)) for took in (rate.took, rate.whole)
    )
    return f"  {rate.rate:>4}/s   ms p50 / p95 / p99   {own:<22} {whole:<24} worker CPU {rate.cpu:.2f} ms each"


def _memory(one: Memory) -> str:
    return f"{one.rss:.0f} / {one.pss:.0f}"


def _shares(values: Sequence[float]) -> str:
    return f"{share(values, 0.5):.1f} / {share(values, 0.95):.1f}"


def _statements(usage: Usage) -> str:
    return f"{usage.statements:.1f} + {usage.control:.1f} + {usage.checks:.1f}"


def _row(title: str, cells: Sequence[str]) -> str:
    return f"{title:<44}" + "".join(f"{cell:>20}" for cell in cells)
