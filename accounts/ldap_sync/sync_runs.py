"""Runs of directory syncs: who starts, confirms or cancels one, how it goes on, and how it ends.

A run reads everything before it changes anything. If the reading ends early for any reason, nothing is changed. What it
changes is applied in batches, so that an interruption neither loses nor repeats one.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import provisioning
from accounts.ldap_directories import ldap_binds_and_searches, password_of
from accounts.ldap_sync import (
    applying_batches,
    audit_events,
    batches,
    due_and_overdue_runs,
    stopping_for_confirmation,
)
from accounts.ldap_sync.ldap_reading import Reader
from accounts.ldap_sync.planned_changes import SHORTENED, SyncPlan
from accounts.models import Directory, DirectorySync, DirectorySyncBatch, DirectorySyncRow, User
from accounts.models.directory_syncs import UNDER_WAY
from accounts.provisioning import ChangeKind, EntryRefusal, ProvisioningMethod
from verification import audit, notices
from verification.context import Context
from verification.db import resumable_jobs

_LEASE = timedelta(minutes=5)
_State = DirectorySync.State


def begin(directory: Directory, staff: User, context: Context, *, is_preview: bool, reason: str = "") -> DirectorySync:
    """Start a run by hand, or return the one that is under way. A preview changes nothing until it is confirmed."""
    with transaction.atomic():
        made = _make(directory, context.now, staff=staff, network=context.network, is_preview=is_preview)
        if made is None:
            return DirectorySync.objects.get(directory=directory, state__in=UNDER_WAY)
        if not is_preview:
            about = {"directory": directory.name, "reason": reason}
            audit.record(audit_events.SYNC_STARTED, user_id=None, context=context, actor_id=staff.pk, **about)
    return made


def confirm(sync: DirectorySync, staff: User, context: Context, *, reason: str) -> bool:
    """Apply what a run would change, as its page shows it. Return False if it can't be confirmed any more."""
    with transaction.atomic():
        ready = DirectorySync.objects.filter(
            pk=sync.pk, state=_State.READY, read_at__gt=context.now - stopping_for_confirmation.CONFIRMATION_PERIOD
        )
        values = {"made_by": staff, "network": context.network, "lease_until": None, "n_starts": 0}
        try:
            with transaction.atomic():
                if not ready.update(state=_State.APPLYING, **values):
                    return False
        except IntegrityError:  # another run of this directory is under way
            return False
        about = {"directory": sync.directory.name, "reason": reason, **_departures(sync)}
        audit.record(audit_events.SYNC_CONFIRMED, user_id=None, context=context, actor_id=staff.pk, **about)
    return True


def cancel(sync: DirectorySync, staff: User, context: Context, *, reason: str) -> bool:
    """Cancel a run, or discard a preview. What was applied stays. Return False if it had already ended."""
    with transaction.atomic():
        rows = DirectorySync.objects.filter(pk=sync.pk, state__in=[*UNDER_WAY, _State.READY])
        if not rows.update(state=_State.CANCELLED, ended_at=context.now):
            return False
        sync.batches.all().delete()
        about = {"directory": sync.directory.name, "reason": reason}
        audit.record(audit_events.SYNC_CANCELLED, user_id=None, context=context, actor_id=staff.pk, **about)
    return True


def schedule(now: datetime) -> int:
    """Start the runs that are due, and return how many."""
    wanted = Directory.objects.filter(is_active=True, sync_minutes__gt=0)
    return sum(
        _make(each, now) is not None
        for each in wanted
        if each.checks_passwords and due_and_overdue_runs.is_due(each, now)
    )


def work(now: datetime) -> int:
    """Run what is waiting, or what a worker left unfinished. Return how many ended."""
    waiting = _under_way().select_related("directory").order_by("made_at")
    return resumable_jobs.work(waiting, _run, _fail, lease=_LEASE, now=now)


def _make(
    directory: Directory, now: datetime, *, staff: User | None = None, network: str = "", is_preview: bool = False
) -> DirectorySync | None:
    """Make a run, unless one is under way. One that waits for confirmation is replaced, because this one is newer."""
    try:
        with transaction.atomic():
            made = DirectorySync.objects.create(
                directory=directory, made_by=staff, made_at=now, network=network, is_preview=is_preview
            )
    except IntegrityError:
        return None
    return made


def _under_way() -> QuerySet[DirectorySync]:
    return DirectorySync.objects.filter(state__in=UNDER_WAY)


def _run(sync: DirectorySync) -> None:
    try:
        if sync.state != _State.APPLYING:
            _read(sync)
        if sync.state == _State.APPLYING:
            _apply(sync)
    except batches.UnreadableBatch:
        _fail(sync, _("What was read can no longer be decrypted. Start the run again."))


def _read(sync: DirectorySync) -> None:
    """Read the directory from the first server that answers, and then stop to ask, apply, or end."""
    directory, password = sync.directory, password_of(sync.directory)
    if password is None or not ldap_binds_and_searches.is_installed():
        _fail(sync, _("The password of the service account can’t be decrypted, or python-ldap is missing."))
        return
    error = ""
    for server in directory.servers:
        url, now = ldap_binds_and_searches.url_of(directory, server), timezone.now()
        _start_reading(sync, url, now)
        plan = SyncPlan(sync, now, lambda counts: _keep(sync, counts))
        try:
            with ldap_binds_and_searches.connected(directory, server) as connection:
                connection.bind_account(password)
                plan.make(Reader(directory, connection, now, keep=plan.keep))
        except ldap_binds_and_searches.Away as away:
            error = f"{url}: {away}"
            continue
        except (ldap_binds_and_searches.Misconfigured, ldap_binds_and_searches.Incomplete) as why:
            error = f"{url}: {why}"
            break
        _was_read(sync, plan)
        return
    _fail(sync, error)


def _start_reading(sync: DirectorySync, server: str, now: datetime) -> None:
    """Forget what an earlier attempt has stored."""
    sync.batches.all().delete()
    sync.rows.all().delete()
    n_active = User.objects.filter(directory=sync.directory, is_active=True).count()
    zeros = dict.fromkeys((field.name for field in sync._meta.fields if field.name.startswith("n_")), 0)
    zeros |= {"n_starts": sync.n_starts, "n_active": n_active}
    _hold(sync, state=_State.READING, server=server, **zeros)


def _keep(sync: DirectorySync, counts: Counter[str]) -> None:
    _hold(sync, **{f"n_{name}": n for name, n in counts.items()})


def _hold(sync: DirectorySync, **values: object) -> None:
    """Store the progress and keep the lease. Errors: `resumable_jobs.Taken`."""
    resumable_jobs.hold(_under_way(), sync, lease=_LEASE, **values)


def _was_read(sync: DirectorySync, plan: SyncPlan) -> None:
    now = timezone.now()
    sync.read_at = now
    stopped = stopping_for_confirmation.is_needed(sync, plan.counts, plan.now)
    with transaction.atomic():
        _record_kept(sync, plan.kept_administrators, now)
        earlier = DirectorySync.objects.filter(directory=sync.directory, state=_State.READY).exclude(pk=sync.pk)
        same = {name: getattr(sync, name) for name in ("n_switched_off", "n_groups_removed")}
        is_known = earlier.filter(stopped=True, **same).exists()
        DirectorySyncBatch.objects.filter(sync__in=earlier).delete()
        earlier.update(state=_State.REPLACED, ended_at=now)
        if sync.n_to_do and (stopped or sync.is_preview):
            _hold(sync, state=_State.READY, stopped=stopped, read_at=now)
            if stopped and not sync.is_preview and not is_known:
                said = _departures(sync)
                _record(sync, audit_events.SYNC_STOPPED, now, **said)
                words = {"directory": sync.directory.name, **{name: str(n) for name, n in said.items()}}
                notices.notify_operators(
                    "directory_sync_needs_confirmation", now=now, right="change_directory", **words
                )
        elif sync.n_to_do:
            _hold(sync, state=_State.APPLYING, read_at=now)
        else:
            _hold(sync, state=_State.DONE, read_at=now, ended_at=now)
            quiet = DirectorySync.objects.filter(directory=sync.directory, n_to_do=0).exclude(pk=sync.pk)
            DirectorySyncRow.objects.filter(sync__in=quiet, what__in=[ChangeKind.REFUSED, SHORTENED]).delete()


def _departures(sync: DirectorySync) -> dict[str, int]:
    """Return how many people would be switched off, and how many groups removed or emptied, for events and emails."""
    return {"n_off": sync.n_switched_off, "of": sync.n_active, "n_groups": sync.n_groups_removed}


def _record_kept(sync: DirectorySync, people: Collection[int], now: datetime) -> None:
    """Audit that the last administrator stays: once, and not again in each run that finds the same."""
    known = DirectorySyncRow.objects.filter(sync__directory=sync.directory, why=EntryRefusal.LAST_ADMINISTRATOR)
    if sync.is_preview or known.filter(sync__is_preview=False).exclude(sync=sync).exists():
        return
    for person in sorted(people):
        _record(sync, provisioning.ADMINISTRATOR_KEPT, now, user_id=person, way=str(ProvisioningMethod.SYNC))


def _apply(sync: DirectorySync) -> None:
    while (batch := sync.batches.order_by("pk").first()) is not None:
        now = timezone.now()
        with transaction.atomic():
            _hold(sync, n_done=sync.n_done + batch.n_rows)
            if not DirectorySyncBatch.objects.filter(pk=batch.pk).delete()[0]:
                raise resumable_jobs.Taken
            if refused := applying_batches.apply(sync, batch, now):
                _hold(sync, n_refused=sync.n_refused + refused)
    now = timezone.now()
    with transaction.atomic():
        _hold(sync, state=_State.DONE, ended_at=now)
        counts = {name: getattr(sync, name) for name in audit_events.COUNTS}
        _record(sync, audit_events.SYNC_DONE, now, **counts)


def _fail(sync: DirectorySync, why: str) -> None:
    """End a run that can't be finished. The first failure in a row is audited, not each."""
    now = timezone.now()
    with transaction.atomic():
        if not _under_way().filter(pk=sync.pk).update(state=_State.FAILED, ended_at=now, error=why):
            return
        sync.batches.all().delete()
        if not sync.n_done:
            sync.rows.all().delete()
        before = DirectorySync.objects.filter(directory=sync.directory, is_preview=False, pk__lt=sync.pk)
        last = before.order_by("-pk").values_list("state", flat=True).first()
        if last != _State.FAILED:
            _record(sync, audit_events.SYNC_FAILED, now, error=why[:300])


def _record(
    sync: DirectorySync, event: audit.Event, now: datetime, *, user_id: int | None = None, **detail: object
) -> None:
    context = Context(now=now, network=sync.network, agent=f"sync {sync.ref}")
    about = {"directory": sync.directory.name, **detail}
    audit.record(event, user_id=user_id, context=context, actor_id=sync.made_by_id, **about)
