"""Verifies, before anyone signs in, that this machine's keys fit a restored database."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Session
from accounts.sessions.session_store import SessionStore
from mfasite import checks
from mfasite.observability import missing_migrations
from verification import audit, time_format
from verification.keys import key_uses

_MAX_VALUES_LISTED = 20  # damaged values, one by one
_MAX_SESSIONS_DECODED = 200


class Command(BaseCommand):
    help = (
        "Check a restored database before anyone signs in: decrypt every value, verify the audit log, and check the "
        "sessions. Exits with status 1 and names what doesn't match the keys."
    )
    # The command reports what the checks would stop at: all of it, not only the first.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-secret-key",
            action="store_true",
            help="ignore sessions that SECRET_KEY doesn't match, because it was changed to end all sessions",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(_unmigrated()) or list(_misfits(has_new_secret=options["new_secret_key"]))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError("The keys don't match the database. Don't let anyone sign in yet.")
        n_sealed = sum(sum(by_use.values()) for by_use in key_uses.needed().values())
        n_events, n_seals = audit.size()
        self.stdout.write(f"Everything matches: {n_sealed} encrypted values, {n_events} events, {n_seals} seals.")
        if newest := audit.newest():
            at = time_format.moment(newest, seconds=True)
            self.stdout.write(f"The newest event is from {at}. Everything after that is lost.")


def _unmigrated() -> Iterator[str]:
    if missing := missing_migrations.missing():
        yield f"The database is of an older version: {len(missing)} migrations are missing. Run migrate first."


def _misfits(*, has_new_secret: bool) -> Iterator[str]:
    for message in checks.check_strength(None):
        yield f"{message.msg}"
    for lost in key_uses.lost():
        yield f"{lost}."
    yield from _damaged()
    fault = next(iter(audit.verify()), None)
    if fault is not None:
        yield f"The audit log is damaged. Seal {fault.seal or 'none'}, event {fault.ref or '-'}: {fault.text}."
    if not has_new_secret:
        yield from _sessions()


def _damaged() -> Iterator[str]:
    counts: Counter[str] = Counter()
    for use, row in key_uses.damaged():
        counts[use.what] += 1
        if counts.total() <= _MAX_VALUES_LISTED:
            name = getattr(row, "ref", "") or getattr(row, "handle", "") or row.pk
            yield f"{use.model} {name}: {use.column} can't be decrypted."
    for what, n in counts.items():
        yield f"{n} can't be decrypted, of: {what}."


def _sessions() -> Iterator[str]:
    rows = Session.objects.filter(expire_date__gt=timezone.now()).order_by("-expire_date")[:_MAX_SESSIONS_DECODED]
    opened = [bool(SessionStore().decode(row.session_data)) for row in rows]
    if not all(opened):
        n = opened.count(False)
        yield (
            f"SECRET_KEY doesn't match {n} of {len(opened)} sessions, so these people have to sign in again. "
            "If you changed it on purpose, add --new-secret-key."
        )
