"""`python -m tests.bench`: what sign-ins, deliveries, app passwords and pages cost, each goal beside its figure.

It starts a PostgreSQL and a Redis of its own, the service as in production on a database of 100,000 people, and the
floor beside it. One run takes some eight minutes. For figures to trust, use `--runs 5` on a machine that does nothing
else: it fills the database once, measures five times, and gives the median of each goal. `--full` has 1,000,000 people
and more rounds, sends a directory by SCIM, and keeps the servers busy for seven minutes, which else `--only scim` and
`--only soak` do. `--entries 500` tries SCIM in a minute.
Processor time and ratios hold on a busy machine too; milliseconds and rates don't.
"""

import argparse
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.bench import goals, meter, site
from tests.bench.ageing import goals_and_figures, measuring
from tests.bench.directories import ldap, scim
from tests.bench.goals import Goal
from tests.bench.measures import (
    app_passwords,
    breached_passwords,
    deliveries,
    forward_auth,
    limits_under_attack,
    memory_under_load,
    openid_connect,
    pages,
    sign_ins,
    sign_ins_per_process,
)
from tests.bench.site import MeasuredSites

_Found = tuple[str, list[Goal]]  # what was found in words, and the goals


@dataclass(frozen=True)
class _Wanted:
    """What a run measures, and how thoroughly. `is_first` is true in the first of several runs."""

    people: int
    entries: int
    rounds: int
    is_full: bool
    is_first: bool


def _sign_ins(up: MeasuredSites, wanted: _Wanted) -> _Found:
    found = sign_ins.measure(up, rounds=wanted.rounds, say=_say)
    return goals.sign_ins(found), goals.sign_in_goals(found)


def _app_passwords(up: MeasuredSites, _wanted: _Wanted) -> _Found:
    checks, empty = app_passwords.measure(up, say=_say), meter.middle(sign_ins.empty_views(up))
    return goals.app_passwords(checks, empty), goals.app_password_goals(checks, empty)


def _forward_auth(up: MeasuredSites, _wanted: _Wanted) -> _Found:
    found = forward_auth.measure(up, say=_say)
    return goals.forward_auth(found), goals.forward_auth_goals(found)


def _oidc(up: MeasuredSites, _wanted: _Wanted) -> _Found:
    found = openid_connect.measure(up, say=_say)
    return goals.oidc(found), goals.oidc_goals(found)


def _desk(up: MeasuredSites, wanted: _Wanted) -> _Found:
    found = pages.desk(up, say=_say)
    return goals.pages(f"The support desk among {wanted.people:,} people", found), goals.search_goals(found)


def _help(up: MeasuredSites, _wanted: _Wanted) -> _Found:
    return goals.pages("The help centre", pages.help_centre(up, say=_say)), []


def _ldap(up: MeasuredSites, wanted: _Wanted) -> _Found:
    found = ldap.measure(up, people=wanted.entries, say=_say)
    return goals.ldap(found), goals.ldap_goals(found)


def _scim(up: MeasuredSites, wanted: _Wanted) -> _Found:
    found = scim.measure(up, people=wanted.entries, say=_say)
    return goals.scim(found), goals.scim_goals(found)


def _deliveries(up: MeasuredSites, wanted: _Wanted) -> _Found:
    found = deliveries.measure(up, is_full=wanted.is_full, say=_say)
    up.workers(threads=32)  # as before, for the next part
    return goals.deliveries(found), goals.delivery_goals(found)


def _scale(up: MeasuredSites, wanted: _Wanted) -> _Found:
    if not wanted.is_first:
        return "Sign-ins by app code against web processes: as above\n", []  # it has no goal
    return goals.scale(sign_ins_per_process.measure(up, say=_say)), []


def _soak(up: MeasuredSites, _wanted: _Wanted) -> _Found:
    found = memory_under_load.measure(up, say=_say)
    return goals.soak(found), goals.soak_goals(found)


_PARTS: dict[str, Callable[[MeasuredSites, _Wanted], _Found]] = {
    "signins": _sign_ins,
    "app-passwords": _app_passwords,
    "forward-auth": _forward_auth,
    "oidc": _oidc,
    "desk": _desk,
    "help": _help,
    "ldap": _ldap,
    "scim": _scim,
    "deliveries": _deliveries,
    "scale": _scale,
    "soak": _soak,
}
_BOTH = {"directory": ("ldap", "scim")}
# Without servers, and without other parts.
_ALONE = {"limits": limits_under_attack.report, "breached": breached_passwords.report}
_LONG = {"scim", "soak"}  # not in a run of everything, unless it's a full one


def _run(up: MeasuredSites, parts: Collection[str], wanted: _Wanted) -> list[Goal]:
    """Measure the parts, and print what each found and how long it took."""
    goals: list[Goal] = []
    for name in parts:
        begun = time.monotonic()
        text, more = _PARTS[name](up, wanted)
        _print(f"{text}({name}: {_minutes(begun)})")
        goals += more
    return goals


def _minutes(begun: float) -> str:
    return f"{(time.monotonic() - begun) / 60:.1f} minutes"


def _say(words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K… {words}")
        sys.stderr.flush()


def _print(text: str) -> None:
    _say("")
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="1,000,000 people, more rounds, 200 messages a second")
    options.add_argument("--runs", type=int, default=1, help="how often everything is measured; goals give the median")
    options.add_argument("--rounds", type=int, default=0, help="rounds of sign-ins in one run")
    options.add_argument(
        "--only", nargs="+", choices=[*_PARTS, *_BOTH, *_ALONE, "ageing"], help="these parts of it only"
    )
    options.add_argument("--share", type=float, default=0.02, help="how much of the year `ageing` fills (default 0.02)")
    options.add_argument("--entries", type=int, default=50_000, help="people in the directory, by LDAP and by SCIM")
    options.add_argument("--people", type=int, default=0, help="people in the database")
    chosen = options.parse_args()
    if chosen.only and len(chosen.only) == 1 and chosen.only[0] in _ALONE:
        _ALONE[chosen.only[0]]()
        return
    begun = time.monotonic()
    people = chosen.people or (1_000_000 if chosen.full else 100_000)
    rounds = chosen.rounds or (24 if chosen.full else 8)
    named = {part for name in chosen.only or () for part in _BOTH.get(name, (name,))}
    usual = _PARTS.keys() - (set() if chosen.full else _LONG)
    parts = [name for name in _PARTS if name in (named or usual)]
    _print(goals.head(people))
    with site.up(people=people, say=_say) as up:
        _print(f"Everything is up after {_minutes(begun)}.")
        if "ageing" in (chosen.only or ()):
            _print(goals_and_figures.ageing(measuring.measure(up, share=chosen.share, say=_say)))
        runs = [
            _run(up, parts, _Wanted(people, chosen.entries, rounds, is_full=chosen.full, is_first=not at))
            for at in range(chosen.runs)
        ]
    if runs[0]:
        _print(goals.goals(runs))
    _print(f"It took {_minutes(begun)}.")


if __name__ == "__main__":
    main()
