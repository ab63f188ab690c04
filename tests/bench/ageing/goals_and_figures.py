"""Puts the year into lines, each goal beside its figure."""

from collections.abc import Iterator

from tests.bench import goals
from tests.bench.ageing.measuring import PER_DAY, Ageing
from tests.bench.goals import Goal
from tests.bench.measures.pages import SEARCHES
from tests.bench.meter import share

_MEGA, _GIGA = 1_000_000, 1_000_000_000
_YEAR = PER_DAY * 365
# Months that are kept by default, on average. Challenges of apps go after 30 days, the others with their messages.
_MONTHS_KEPT = {"verification_auditevent": 24.5, "verification_challenge": 1.2, "verification_message": 1.5}


def ageing(found: Ageing) -> str:
    """Show all of it."""
    audit_pages = [page for page in found.pages if page.name.startswith("audit log")]
    slowest = max(share(page.alone, 0.95) for page in audit_pages)
    case = next(page for page in found.pages if page.name == "a case")
    aims = [
        Goal("audit search, p95 of the slowest kind", slowest, 150, "ms"),
        Goal(
            "people search, p95 of the slowest kind",
            max(share(page.alone, 0.95) for page in found.pages if page.name in SEARCHES),
            40,
            "ms",
        ),
        Goal("case page, p95", share(case.alone, 0.95), 150, "ms"),
        Goal(
            "log of a month dropped, beside deleting its rows", found.dropped["wal"] / found.deleted["wal"], 0.05, "x"
        ),
        Goal("a month dropped", found.dropped["took"] * 1000, 1000, "ms"),
    ]
    filled = f"{found.share:.1%} of it is in the database, filled in {found.filled:.0f} s"
    return "\n".join(
        [
            f"A year of {PER_DAY:,} sign-ins a day: {filled}. GB are for all of it.",
            *_sizes(found),
            *_chain(found),
            *_months(found),
            *_growth(found),
            "",
            goals.pages("Pages with all of it", found.pages),
            goals.goals([aims]),
        ]
    )


def _sizes(found: Ageing) -> Iterator[str]:
    yield ""
    for name, parts in found.sizes.items():
        full = [part for part in parts if part[1]]
        n_rows, size = sum(part[1] for part in full), sum(part[2] for part in full)
        each = found.per_sign_in[name]
        if not n_rows:
            continue
        whole = size / n_rows * each * _YEAR / _GIGA
        yield (
            f"{name}: {each:.1f} rows a sign-in, {size / n_rows:,.0f} bytes a row with indexes:"
            f" {whole / 12:,.1f} GB a month, {whole / 12 * _MONTHS_KEPT[name]:,.0f} GB kept by default"
        )
        for part, n, bytes_ in full:
            yield f"  {part:<40}{n:>12,} rows{bytes_ / _MEGA:>12,.1f} MB"


def _chain(found: Ageing) -> Iterator[str]:
    n, a_month = found.n_genuine, found.per_sign_in["verification_auditevent"] * _YEAR / 12
    seal, verify = found.genuine["seal"], found.genuine["verify"]
    yield ""
    yield (
        f"The chain: {n / seal:,.0f} events sealed a second, {n / verify:,.0f} verified a second:"
        f" a month of {a_month:,.0f} events verifies in {a_month * verify / n / 60:.0f} minutes"
    )
    yield f"  a month of {n:,} events verified, stated and dropped in {found.removed:.1f} s"


def _months(found: Ageing) -> Iterator[str]:
    for words, one in (("dropped", found.dropped), ("deleted", found.deleted)):
        yield (
            f"A month of {one['rows']:,.0f} events {words}: {one['took'] * 1000:,.0f} ms,"
            f" {one['wal'] / _MEGA:,.1f} MB of log, {one['freed'] / _MEGA:,.1f} MB given back"
        )


def _growth(found: Ageing) -> Iterator[str]:
    yield ""
    yield f"Growth without autovacuum: {sum(found.growth.values()):,.0f} bytes a sign-in, half of them by text"
    for name, size in sorted(found.growth.items(), key=lambda each: -each[1])[:8]:
        yield f"  {name:<40}{size:>10,.0f} bytes"
    yield "Updates, and how many of them needed no new entry in any index"
    for name, (n, hot) in sorted(found.updates.items(), key=lambda each: -each[1][0]):
        yield f"  {name:<40}{n:>10,}{hot / n:>10.0%}"
