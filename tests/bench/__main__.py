"""`python -m tests.bench`: what sign-ins, deliveries, app passwords and pages cost, each goal beside its figure.

It starts a PostgreSQL and a Redis of its own, the service as in production on a database of 100,000 people, and the
floor beside it. Some ten minutes; `--full` has 1,000,000 people and more rounds. For figures to trust, run it five
times on a machine that does nothing else, and take medians.
"""

import argparse
import sys

from tests.bench import app_passwords, deliveries, limits, meter, pages, signins, site, table
from tests.bench.ageing import lines, measuring

_PARTS = ("signins", "app-passwords", "desk", "help", "deliveries")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="1,000,000 people, more rounds, 200 messages a second")
    options.add_argument("--rounds", type=int, default=0, help="rounds of sign-ins")
    options.add_argument("--only", choices=[*_PARTS, "ageing", "limits"], help="one part of it")
    options.add_argument("--share", type=float, default=0.02, help="how much of the year `ageing` fills (default 0.02)")
    options.add_argument("--people", type=int, default=0, help="people in the database")
    chosen = options.parse_args()
    if chosen.only == "limits":
        limits.report()
        return
    people = chosen.people or (1_000_000 if chosen.full else 100_000)
    rounds = chosen.rounds or (24 if chosen.full else 8)
    wanted = {chosen.only} if chosen.only else set(_PARTS)
    _print(table.head(people))
    with site.up(people=people, say=_say) as up:
        if wanted & {"signins", "app-passwords"}:  # an app password's check is compared with the floor's empty view
            found = signins.measure(up, rounds=rounds, say=_say)
            _print(table.sign_ins(found))
            _print(table.app_passwords(app_passwords.measure(up, say=_say), meter.middle(found.empty)))
        if "ageing" in wanted:
            _print(lines.ageing(measuring.measure(up, share=chosen.share, say=_say)))
        if "desk" in wanted:
            desk = pages.desk(up, say=_say)
            _print(table.pages(f"The support desk among {people:,} people", desk, table.search_goals(desk)))
        if "help" in wanted:
            _print(table.pages("The help centre", pages.help_centre(up, say=_say)))
        if "deliveries" in wanted:
            _print(table.deliveries(deliveries.measure(up, is_full=chosen.full, say=_say)))


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
