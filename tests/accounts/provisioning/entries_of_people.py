"""Entries of people in a directory as tests apply them, and what came of it."""

from typing import Any

from accounts import provisioning
from accounts.models import Directory
from accounts.provisioning import (
    ChangeKind,
    PersonEntry,
    ProvisioningMethod,
    ProvisioningSource,
)
from tests.simulated.people import Clock

SCIM, SYNC = (
    ProvisioningSource(way=ProvisioningMethod.SCIM, network="192.0.2.9"),
    ProvisioningSource(way=ProvisioningMethod.SYNC),
)


def entry(key: str = "k1", username: str = "Eva", **more: Any) -> PersonEntry:
    return PersonEntry(key=key, username=username, **more)


def apply(
    directory: Directory, *entries: PersonEntry, clock: Clock, by: ProvisioningSource = SYNC
) -> list[provisioning.PersonChange]:
    changes = provisioning.plan_people(directory, entries, now=clock.now)
    return list(provisioning.apply_people(directory, changes, by, clock.now))


def verdicts(
    directory: Directory, *entries: PersonEntry, clock: Clock, by: ProvisioningSource = SYNC
) -> list[ChangeKind]:
    return [change.verdict for change in apply(directory, *entries, clock=clock, by=by)]


def crowd(directory: Directory, n: int, clock: Clock, *, left: int = 0, by: ProvisioningSource = SYNC) -> None:
    found = [entry(f"k{i}", f"person{i}", is_active=i >= left) for i in range(n)]
    apply(directory, *found, clock=clock, by=by)
