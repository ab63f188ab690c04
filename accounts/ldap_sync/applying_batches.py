"""Applies one batch of a run: people in one transaction, or one group."""

from datetime import datetime

from accounts import provisioning
from accounts.ldap_sync import batches
from accounts.ldap_sync.batches import GoneGroup
from accounts.models import DirectorySync, DirectorySyncBatch, DirectorySyncRow
from accounts.models.people import MAX_NAME_LENGTH
from accounts.provisioning import ChangeKind, Invalid, PersonChange, ProvisioningMethod, ProvisioningSource
from verification import inputs


def apply(sync: DirectorySync, batch: DirectorySyncBatch, now: datetime) -> int:
    """Apply a batch, in the caller's transaction. Return how much of it was refused: each such row says why.

    Everything is compared again, because minutes or hours may have passed since the directory was read.
    Errors: `batches.UnreadableBatch`.
    """
    by = ProvisioningSource(
        way=ProvisioningMethod.SYNC, network=sync.network, agent=f"sync {sync.ref}", actor_id=sync.made_by_id
    )
    if batch.kind == "people":
        # Only the entries count: `apply_people` finds out again what each changes.
        changes = [PersonChange(entry=entry, verdict=ChangeKind.CHANGED) for entry in batches.people_of(batch)]
        done = provisioning.apply_people(sync.directory, changes, by, now)
        refused = [
            _refused(sync, change.entry.username, str(change.reason), user_id=change.user_id)
            for change in done
            if change.reason
        ]
    else:
        refused = _apply_group(sync, batch, by, now)
    DirectorySyncRow.objects.bulk_create(refused)
    return len(refused)


def _apply_group(
    sync: DirectorySync, batch: DirectorySyncBatch, by: ProvisioningSource, now: datetime
) -> list[DirectorySyncRow]:
    group = batches.group_of(batch)
    if isinstance(group, GoneGroup):
        provisioning.remove_group(sync.directory, group.key, by, now)
        return []
    try:
        provisioning.apply_group(sync.directory, group, by, now)
    except Invalid:
        return [_refused(sync, group.name, "no_name")]
    return []


def _refused(sync: DirectorySync, name: str, why: str, *, user_id: int | None = None) -> DirectorySyncRow:
    shown = inputs.shortened(name, max_length=MAX_NAME_LENGTH)
    return DirectorySyncRow(sync=sync, what=ChangeKind.REFUSED, name=shown, user_id=user_id, why=why)
