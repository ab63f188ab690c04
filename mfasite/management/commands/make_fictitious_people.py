"""Fills a database with fictitious users, to see how the service behaves with very many."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import SecondStep, User
from verification import method_registry, phone_numbers
from verification.method_capabilities import AppGenerated
from verification.models import Channel, Enrolment

_BATCH = 5_000  # people in one statement
_FIRST = (
    "Ana Ben Cleo Dev Eva Fay Gus Hal Ian Jan Kim Lea Max Nia Oto Pia Quin Rui Sia Tim Uma Vera Will Xenia Yara Zoe "
    "Amir Bela Chen Dina Emil Fritz Gita Hugo Ines Jose Kofi Lara Milo Nora"
)
_LAST = (
    "Keller Roth Meier Patel Huber Frei Weber Schmid Baumann Fischer Brunner Gerber Widmer Graf Wyss Steiner Moser "
    "Suter Kaufmann Kunz Lang Marti Nguyen Okafor Pereira Quiroga Rossi Sato Tanaka Ueda Varga Wong Yilmaz Zhang Dubois"
)
_GROUPS = ("Finance", "Sales", "Research", "Works", "Offices")
_STATES = (*[SecondStep.ENFORCED] * 3, SecondStep.ENABLED, SecondStep.DISABLED)
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_MARK = "@people.example"  # a second run counts users by this


class Command(BaseCommand):
    """Create the users."""

    help = "Create many fictitious people for performance tests. Nobody can sign in as one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the number of users."""
        parser.add_argument(
            "--count", type=int, default=1_000_000, help="how many there are in the end (default 1,000,000)"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed creates the same people")

    def handle(self, *args: Any, count: int, seed: int, **options: Any) -> None:
        """Create the missing users."""
        if count < 1:
            raise CommandError("Enter a number of 1 or more for --count.")
        there = User.objects.filter(email__endswith=_MARK).count()
        groups = [Group.objects.get_or_create(name=name)[0].pk for name in _GROUPS]
        chance = random.Random(seed + there)  # noqa: S311  (it makes names, no secrets)
        nobody = make_password(None)
        for batch in _batches(_people(chance, there, count, nobody)):
            with transaction.atomic():
                made = User.objects.bulk_create(batch)
                through = User.groups.through
                through.objects.bulk_create(through(user_id=u.pk, group_id=chance.choice(groups)) for u in made)
                Enrolment.objects.bulk_create(e for u in made for e in _methods(u, chance))
            if options["verbosity"] > 1:
                self.stdout.write(f"{made[-1].username}")
        self.stdout.write(f"The database has {count} fictitious people.")


def _people(chance: random.Random, there: int, count: int, nobody: str) -> Iterator[User]:
    first, last = _FIRST.split(), _LAST.split()
    for number in range(there, count):
        one, other = chance.choice(first), chance.choice(last)
        username = f"{one}.{other}.{number}".lower()
        yield User(
            username=username,
            name=f"{one} {other}",
            email=f"{username}{_MARK}",
            password=nobody,
            second_step=chance.choice(_STATES),
            n_methods=chance.choices((0, 1, 2), (2, 30, 68))[0],
            last_login=_SINCE + timedelta(minutes=chance.randrange(400_000)) if chance.random() < 0.9 else None,
            blocked_until=_SINCE + timedelta(days=36_500) if chance.random() < 0.001 else None,
            second_step_locked_at=_SINCE if chance.random() < 0.001 else None,
        )


def _methods(user: User, chance: random.Random) -> Iterator[Enrolment]:
    """Yield as many methods as `n_methods` says: a number first, then an app."""
    number = f"+4179{user.pk % 10_000_000:07d}"
    texted, shown = _kinds()
    phone = Enrolment(user=user, method=texted, confirmed=True, is_default=True, hint=phone_numbers.mask(number))
    phone.address = number
    app = Enrolment(user=user, method=shown, confirmed=True)
    app.secret = chance.randbytes(20)
    yield from itertools.islice((phone, app), user.n_methods)


@cache
def _kinds() -> tuple[str, str]:
    """Return the name of a method that sends texts and of one whose codes an app generates."""
    return method_registry.sending(Channel.TEXT)[0].name, method_registry.names(AppGenerated)[0]


def _batches(people: Iterator[User]) -> Iterator[list[User]]:
    while batch := list(itertools.islice(people, _BATCH)):
        yield batch
