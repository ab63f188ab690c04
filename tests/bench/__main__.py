"""`python -m tests.bench`: what sign-ins, deliveries, app passwords and pages cost, each goal beside its figure.

It starts a PostgreSQL and a Redis of its own, the service as in production on a database of 100,000 people, and the
floor beside it. One run takes some ten minutes. For figures to trust, use `--runs 5` on a machine that does nothing
else: it fills the database once, measures five times, and gives the median of each goal. `--full` has 1,000,000 people
and more rounds. Processor time and ratios hold on a busy machine too; milliseconds and rates don't.
"""

import argparse
import sys
import time

from tests.bench import (
    app_passwords,
    deliveries,
    directory,
    forward_auth,
    limits,
    meter,
    oidc,
    pages,
    scale,
    signins,
    site,
    table,
)
from tests.bench.ageing import lines, measuring
from tests.bench.site import Sites
from tests.bench.table import Goal

_PARTS = ("signins", "app-passwords", "forward-auth", "oidc", "desk", "help", "directory", "deliveries", "scale")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="1,000,000 people, more rounds, 200 messages a second")
    options.add_argument("--runs", type=int, default=1, help="how often everything is measured; goals give the median")
    options.add_argument("--rounds", type=int, default=0, help="rounds of sign-ins in one run")
    options.add_argument("--only", nargs="+", choices=[*_PARTS, "ageing", "limits"], help="these parts of it only")
    options.add_argument("--share", type=float, default=0.02, help="how much of the year `ageing` fills (default 0.02)")
    options.add_argument("--people", type=int, default=0, help="people in the database")
    chosen = options.parse_args()
    if chosen.only == ["limits"]:
        limits.report()
        return
    begun = time.monotonic()
    people = chosen.people or (1_000_000 if chosen.full else 100_000)
    rounds = chosen.rounds or (24 if chosen.full else 8)
    wanted = set(chosen.only or _PARTS)
    _print(table.head(people))
    with site.up(people=people, say=_say) as up:
        _print(f"Everything is up after {_minutes(begun)}.")
        if "ageing" in wanted:
            _print(lines.ageing(measuring.measure(up, share=chosen.share, say=_say)))
        runs = [_run(up, wanted, people=people, rounds=rounds, is_full=chosen.full) for _ in range(chosen.runs)]
    if runs[0]:
        _print(table.goals(runs))
    _print(f"It took {_minutes(begun)}.")


def _run(up: Sites, wanted: set[str], *, people: int, rounds: int, is_full: bool) -> list[Goal]:
    goals: list[Goal] = []
    if wanted & {"signins", "app-passwords"}:  # an app password's check is compared with the floor's empty view
        found = signins.measure(up, rounds=rounds, say=_say)
        _print(table.sign_ins(found))
        checks, empty = app_passwords.measure(up, say=_say), meter.middle(found.empty)
        _print(table.app_passwords(checks, empty))
        goals += [*table.sign_in_goals(found), *table.app_password_goals(checks, empty)]
    if "forward-auth" in wanted:
        verdicts = forward_auth.measure(up, say=_say)
        _print(table.forward_auth(verdicts))
        goals += table.forward_auth_goals(verdicts)
    if "oidc" in wanted:
        signed_in = oidc.measure(up, say=_say)
        _print(table.oidc(signed_in))
        goals += table.oidc_goals(signed_in)
    if "desk" in wanted:
        desk = pages.desk(up, say=_say)
        _print(table.pages(f"The support desk among {people:,} people", desk))
        goals += table.search_goals(desk)
    if "help" in wanted:
        _print(table.pages("The help centre", pages.help_centre(up, say=_say)))
    if "directory" in wanted:
        read = directory.measure(up, say=_say)
        _print(table.directory(read))
        goals += table.directory_goals(read)
    if "deliveries" in wanted:
        sent = deliveries.measure(up, is_full=is_full, say=_say)
        _print(table.deliveries(sent))
        goals += table.delivery_goals(sent)
        up.workers(threads=32)  # as before, for the next run
    if "scale" in wanted:
        _print(table.scale(scale.measure(up, say=_say)))
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


if __name__ == "__main__":
    main()
