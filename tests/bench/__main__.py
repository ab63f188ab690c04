"""`python -m tests.bench`: sign-ins beside the floor, deliveries, app passwords, and each goal beside its figure.

Two to three minutes; `--full` takes some ten. SQLite and a broker of its own, or TEST_DATABASE_URL and TEST_REDIS_URL.
"""

import argparse
import sys

from tests.bench import app_passwords, deliveries, desk, limits, rooms, signins, table
from tests.bench import help as help_centre


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--full", action="store_true", help="more rounds, parallel browsers, 200 messages a second")
    options.add_argument("--rounds", type=int, default=0, help="rounds of sign-ins")
    options.add_argument(
        "--only", choices=["signins", "deliveries", "app-passwords", "desk", "help", "limits"], help="one part of it"
    )
    options.add_argument("--people", type=int, default=20_000, help="people that the desk is measured among")
    chosen = options.parse_args()
    if chosen.only == "desk":
        desk.report(chosen.people)
        return
    if chosen.only == "help":
        help_centre.report()
        return
    if chosen.only == "limits":
        limits.report()
        return
    rounds = chosen.rounds or (24 if chosen.full else 8)
    with rooms.up() as up:
        _print(table.head(rooms.DATABASE, rooms.BROKER))
        if chosen.only in {None, "app-passwords"}:
            _say("app passwords")
            _print(table.app_passwords(app_passwords.measure(up)))
        if chosen.only in {None, "signins"}:
            _print(table.sign_ins(signins.measure(up, rounds=rounds, is_full=chosen.full, say=_say)))
        if chosen.only in {None, "deliveries"}:
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
