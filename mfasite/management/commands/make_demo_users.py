"""Creates the users, the policy and the history of the demo. Existing users are left as they are."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from mfasite.demo import history as demo_history
from mfasite.demo import users_and_password
from verification import enrolments, method_registry
from verification.command_without_checks import UncheckedCommand
from verification.context import Context
from verification.models import Message, Policy
from verification.models.second_step_states import SecondStep

_METHOD_AGE = timedelta(days=30)  # the support desk does not verify callers by recently added methods


class Command(UncheckedCommand):
    """Create the demo users."""

    help = "Create the demo's people and default policy. Works in the demo only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options to migrate first, which saves the demo a process, and to add a history."""
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")
        parser.add_argument(
            "--history", action="store_true", help="give a new database 60 more people and a month of history"
        )

    def handle(self, *args: Any, migrate: bool, history: bool, **options: Any) -> None:
        """Create the missing users."""
        if not settings.DEMO:
            raise CommandError(
                "The demo's people share a known password, so they are created in the demo only (DEMO=1)."
            )
        if migrate:
            call_command("migrate", interactive=False, verbosity=0)
        if history:
            demo_history.fill(timezone.now())
        Policy.objects.get_or_create(group=None, defaults={"remember_days": 14, "number_matching": True})
        for person in users_and_password.DEMO_USERS:
            _make(person)


@transaction.atomic
def _make(person: users_and_password.DemoUser) -> None:
    people = get_user_model().objects
    if people.filter(username=person.name).exists():
        return
    context = Context(now=timezone.now(), agent="manage.py make_demo_users")
    user = people.create_user(
        username=person.name,
        email=f"{person.name}@example.org",
        password=users_and_password.PASSWORD,
        name=person.full_name,
        is_staff=person.is_staff,
        is_superuser=person.is_superuser,
        second_step=SecondStep.ENFORCED if person.methods else SecondStep.ENABLED,
    )
    user.groups.set(Group.objects.filter(name__in=person.groups))
    for name in person.methods:
        draft = enrolments.draft(user, method_registry.method(name), {"number": person.number})
        enrolments.confirm(draft, now=context.now - _METHOD_AGE)
    backup = enrolments.backup_method(tuple(method_registry.methods()))
    if person.has_backup and backup:
        _write_down(person.name, enrolments.issue_recovery_codes(user, context, method_name=backup))
        Message.objects.filter(user=user).delete()  # a visitor did not ask for codes, so no email speaks of them


def _write_down(name: str, codes: tuple[str, ...]) -> None:
    """Write single-use codes to a file for visitors of the demo. The database has only their hashes."""
    settings.DEMO_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DEMO_DIR / "recovery-codes").open("a", encoding="utf-8") as file:
        file.write(f"{name}: {' '.join(codes)}\n")
