"""What tests of a sync do with its runs, and read from them."""

from django.utils import timezone

from accounts import ldap_sync
from accounts.ldap_sync import sync_runs
from accounts.models import Directory, DirectorySync, User
from tests.real_programs.slapd import BASE
from tests.simulated.people import Person
from verification.context import Context
from verification.models import AuditEvent

State = DirectorySync.State


def sync_now(directory: Directory) -> DirectorySync:
    """Read a directory as the schedule does."""
    made = sync_runs._make(directory, timezone.now())
    assert made is not None
    sync_runs.work(timezone.now())
    made.refresh_from_db()
    return made


def preview(directory: Directory, fay: Person) -> DirectorySync:
    made = ldap_sync.begin(directory, fay.user, context(), is_preview=True)
    sync_runs.work(timezone.now())
    made.refresh_from_db()
    return made


def context() -> Context:
    return Context(now=timezone.now(), network="192.0.2.9")


def counts(sync: DirectorySync) -> dict[str, int]:
    """Return the counts that aren't zero."""
    names = ("added", "linked", "changed", "switched_off", "switched_on", "unchanged", "refused", "groups_changed")
    return {name: n for name in names if (n := getattr(sync, f"n_{name}"))}


def rows(sync: DirectorySync) -> set[tuple[str, str, str]]:
    return {(row.what, row.name, row.why) for row in sync.rows.all()}


def members(name: str) -> set[str]:
    return set(User.objects.filter(groups__name=name).values_list("username", flat=True))


def events(prefix: str = "directory.") -> list[str]:
    return list(AuditEvent.objects.filter(kind__startswith=prefix).order_by("pk").values_list("kind", flat=True))


def dn(uid: str) -> str:
    return f"uid={uid},ou=people,{BASE}"
