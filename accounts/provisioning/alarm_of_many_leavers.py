"""The alarm when too many people of one directory left within an hour: who is told, for whom, and what ends it."""

from datetime import datetime

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import Directory, User
from accounts.provisioning import audit_events
from accounts.provisioning.directory_entries import ProvisioningSource
from accounts.provisioning.max_unconfirmed_leavers import (
    MAX_UNCONFIRMED_LEAVERS,
    WINDOW,
    Departures,
    count,
    recent_leavers,
)
from verification import audit, notices


def watch(directory: Directory, by: ProvisioningSource, now: datetime) -> None:
    """Raise the alarm if many have left: once an hour, in the transaction of what switched them off."""
    quiet = Q(many_left_at=None) | Q(many_left_at__lte=now - WINDOW)
    n_left = recent_leavers(directory, now).count()
    if n_left <= MAX_UNCONFIRMED_LEAVERS or not Directory.objects.filter(quiet, pk=directory.pk).exists():
        return  # at most requests, and without counting everybody
    found = count(directory, now)
    if not found.are_many:
        return
    first = Coalesce("many_left_since", Value(now))
    if not Directory.objects.filter(quiet, pk=directory.pk).update(many_left_at=now, many_left_since=first):
        return
    said = {"directory": directory.name, "n": found.n, "of": found.of}
    audit.record(audit_events.MANY_LEFT, user_id=None, context=by.context(now), actor_id=by.actor_id, **said)
    words = {name: str(value) for name, value in said.items()}
    notices.notify_operators("many_people_left_directory", now=now, right="change_directory", **words)


def people_who_left(alarmed: Directory) -> QuerySet[User]:
    """Return who is switched off since the hour before an alarm that nobody has dealt with."""
    if alarmed.many_left_since is None:
        return User.objects.none()
    return User.objects.filter(
        directory=alarmed, is_active=False, directory_off_at__gt=alarmed.many_left_since - WINDOW
    ).order_by("directory_off_at", "pk")


def count_of_alarm(alarmed: Directory) -> Departures:
    """Count who is switched off since an alarm."""
    n_left = people_who_left(alarmed).count()
    n_there = User.objects.filter(directory=alarmed, is_active=True).count()
    return Departures(n=n_left, of=n_there + n_left)


def calm(directory: Directory) -> None:
    """End the alarm of a directory that has switched so many people on again that few are missing."""
    for alarmed in Directory.objects.filter(pk=directory.pk, many_left_since__isnull=False):
        if not count_of_alarm(alarmed).are_many:
            end_alarm(alarmed)


def end_alarm(directory: Directory) -> bool:
    """End the alarm of a directory, because someone has dealt with it. Return False if it had already ended."""
    open_ = Directory.objects.filter(pk=directory.pk, many_left_since__isnull=False)
    return bool(open_.update(many_left_since=None))
