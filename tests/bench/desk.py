"""Measures the support desk among many people: the list, its searches, and a case. Alone, in one process.

`make bench ARGS="--only desk --people 1000000"` fills the database of TEST_DATABASE_URL first: some ten minutes.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import django

_ROUNDS = 40
_GOAL_MS, _GOAL_STATEMENTS = 40.0, 6


@dataclass(frozen=True)
class Line:
    """One kind of page. Units: milliseconds of the server a page."""

    name: str
    took: list[float]
    statements: int

    @property
    def p95(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.95)]


def measure(count: int) -> list[Line]:
    """Fill the database and open each kind of page some forty times, each time for others."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from tests.people import hire  # noqa: PLC0415

    settings.ALLOWED_HOSTS += ["testserver"]
    connection.settings_dict["CONN_MAX_AGE"] = None  # as a web process keeps it
    call_command("migrate", verbosity=0)
    call_command("make_people", count=count, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    User.objects.filter(username="bench").delete()
    with transaction.atomic():
        staff = hire("bench", "Senior support")
    staff.sign_in(to="/admin/")
    get = staff.browser.client.get
    people = list(User.objects.filter(email__endswith="@people.example", pk__gt=count // 2)[: _ROUNDS * 3])
    numbers = [f"+4179{person.pk % 10_000_000:07d}" for person in people]
    pages: dict[str, Callable[[int], str]] = {
        "first page": lambda _: "",
        "a page in the midst": lambda n: f"?after={people[n].username}",
        "exact user name": lambda n: f"?q={people[n].username}",
        "beginning of a name": lambda n: f"?q={people[n].username[:6]}",
        "part of a name": lambda n: f"?q={people[n].username[2:7]}",
        "two words": lambda n: f"?q={people[n].name.replace(' ', '+')}",
        "mail": lambda n: f"?q={people[n].email}",
        "whole number": lambda n: f"?q=%2B{numbers[n][1:]}",
        "nobody": lambda n: f"?q=zzz{n}qq",
        "no method": lambda n: f"?trouble=no_method&after={people[n].username}",
        "one way left": lambda _: "?trouble=one_way",
        "locked": lambda _: "?trouble=locked",
        "blocked": lambda _: "?trouble=blocked",
        "disabled": lambda _: "?state=disabled",
        "a case": lambda n: f"{people[n].pk}/change/",
    }
    found = []
    for name, address in pages.items():
        get(f"/admin/accounts/user/{address(0)}")
        with CaptureQueriesContext(connection) as captured:
            get(f"/admin/accounts/user/{address(0)}")
        n_statements = len(captured)  # the next request forgets them
        took = []
        for n in range(_ROUNDS):
            before = time.perf_counter()
            answer = get(f"/admin/accounts/user/{address(n)}")
            took.append((time.perf_counter() - before) * 1000)
            assert answer.status_code == 200, (name, answer.status_code)
        found.append(Line(name, took, n_statements))
    return found


def report(count: int) -> None:
    """Measure and print."""
    say = sys.stdout.write
    lines = measure(count)
    say(f"\nThe support desk among {count:,} people, {_ROUNDS} pages of each kind\n\n")
    say(f"{'':24}{'p50 ms':>8}{'p95 ms':>8}{'goal':>6}{'':8}{'statements':>10}{'goal':>6}\n")
    for line in lines:
        verdict = "ok" if line.p95 <= _GOAL_MS else "MISSED"
        bound = "" if line.name == "a case" else f"{_GOAL_STATEMENTS}"
        say(f"{line.name:24}{median(line.took):8.1f}{line.p95:8.1f}{_GOAL_MS:6.0f}  {verdict:6}")
        say(f"{line.statements:10d}{bound:>6}\n")


if __name__ == "__main__":
    report(int(sys.argv[1]))
