"""Measures the help centre with five hundred articles: index, article, search, diagnosis. Alone, in one process."""

import os
import sys
import uuid

import django

from tests.bench.pages import ROUNDS, Line, pages_timed, show

_ARTICLES, _GOAL_MS, _GOAL_STATEMENTS = 500, 30.0, 8


def measure() -> list[Line]:
    """Fill the database with articles and open each kind of page, as a stranger and as somebody signed in."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from helpcenter.models import Article  # noqa: PLC0415
    from tests.people import join  # noqa: PLC0415

    settings.ALLOWED_HOSTS += ["testserver"]
    connection.settings_dict["CONN_MAX_AGE"] = None  # as a web process keeps it
    settings.VERIFICATION_CACHE_SECONDS = 1
    call_command("migrate", verbosity=0)
    Article.objects.bulk_create(
        Article(slug=f"more-{n}", title=f"More {n}", summary="More.", body="## One\n\nWords.", topic="stuck")
        for n in range(Article.objects.count(), _ARTICLES)
    )
    with transaction.atomic():
        person = join(f"reader-{uuid.uuid4().hex[:8]}").set_up("totp")
    person.sign_in()
    reader, stranger = person.browser.client.get, Client().get
    words = ("no text", "lost phone", "recovery", "app pasword", "abroad")
    pages = {
        "index": lambda _: "/help/",
        "article": lambda _: "/help/no-text/",
        "search": lambda n: f"/help/?q={words[n % len(words)]}",
    }
    alone = pages_timed(stranger, pages)
    signed_in = pages_timed(reader, pages | {"diagnosis": lambda _: "/help/diagnose/?about=no-message"})
    return alone + [Line(f"{line.name}, signed in", line.took, line.statements) for line in signed_in]


def report() -> None:
    """Measure and print."""
    lines = measure()
    sys.stdout.write(f"\nThe help centre with {_ARTICLES} articles, {ROUNDS} pages of each kind\n\n")
    show(lines, goal_ms=_GOAL_MS, goal_statements=_GOAL_STATEMENTS, unbounded=("diagnosis, signed in",))
