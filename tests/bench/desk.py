"""Measures the support desk among many people: the list, its searches, and a case. Alone, in one process.

`make bench ARGS="--only desk --people 1000000"` fills the database of TEST_DATABASE_URL first: some ten minutes.
"""

import os
import sys
from collections.abc import Callable

import django

from tests.bench.pages import ROUNDS, Line, pages_timed, show

_GOAL_MS, _GOAL_STATEMENTS = 40.0, 6


def measure(count: int) -> list[Line]:
    """Fill the database and open each kind of page some forty times, each time for others."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415

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
    people = list(User.objects.filter(email__endswith="@people.example", pk__gt=count // 2)[: ROUNDS * 3])
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
    return pages_timed(lambda path: get(f"/admin/accounts/user/{path}"), pages)


def report(count: int) -> None:
    """Measure and print."""
    lines = measure(count)
    sys.stdout.write(f"\nThe support desk among {count:,} people, {ROUNDS} pages of each kind\n\n")
    show(lines, goal_ms=_GOAL_MS, goal_statements=_GOAL_STATEMENTS, unbounded=("a case",))


if __name__ == "__main__":
    report(int(sys.argv[1]))
