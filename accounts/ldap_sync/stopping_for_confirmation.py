"""When so much would go that someone must confirm a run first, and how long a run waits for that."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from accounts import provisioning
from accounts.models import Directory, DirectorySync
from accounts.provisioning import Departures

CONFIRMATION_PERIOD = timedelta(days=1)  # after the run read the directory


def is_needed(sync: DirectorySync, counts: Mapping[str, int], now: datetime) -> bool:
    """Return whether so much would go that somebody must confirm it: see `provisioning.Departures`.

    Runs of the last hour count together, or a directory that lost its people bit by bit would never stop one.
    """
    groups = Departures(n=counts["groups_removed"], of=counts["groups_known"])
    return groups.are_many or _departures(sync, counts["switched_off"], now).are_many


def _departures(sync: DirectorySync, n: int, now: datetime) -> Departures:
    if not n:
        return Departures(n=0, of=sync.n_active)
    return provisioning.count(sync.directory, now, planned=n, confirmed_at=confirmed_at(sync.directory))


def confirmed_at(directory: Directory) -> datetime | None:
    """Return when the last run ended whose changes someone has confirmed."""
    runs = DirectorySync.objects.filter(
        Q(stopped=True) | Q(is_preview=True), directory=directory, state=DirectorySync.State.DONE
    )
    return runs.filter(n_to_do__gt=0).order_by("-pk").values_list("ended_at", flat=True).first()
