"""How long runs and their rows are kept, and what is deleted of a person who is being erased."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.ldap_sync.stopping_for_confirmation import CONFIRMATION_PERIOD
from accounts.models import DirectorySync, DirectorySyncBatch, DirectorySyncRow, User
from accounts.models.directory_syncs import UNDER_WAY

_ROW_RETENTION, RUN_RETENTION = timedelta(days=7), timedelta(days=30)
_State = DirectorySync.State


def purge(now: datetime) -> None:
    """Delete batches that nobody confirmed within a day, the rows of runs after a week, and runs after a month."""
    stale = DirectorySync.objects.filter(state=_State.READY, read_at__lte=now - CONFIRMATION_PERIOD)
    stale.update(state=_State.REPLACED, ended_at=now)
    DirectorySyncBatch.objects.exclude(sync__state__in=[*UNDER_WAY, _State.READY]).delete()
    DirectorySyncRow.objects.filter(sync__made_at__lt=now - _ROW_RETENTION).delete()
    DirectorySync.objects.filter(made_at__lt=now - RUN_RETENTION).exclude(state__in=UNDER_WAY).delete()


def forget(person: User, is_named: Callable[[str], bool], now: datetime) -> bool:
    """Delete what runs keep of a person who is being erased. Return False while one of their runs is under way.

    A run that waits for confirmation is replaced, because it could add them again. Call it in the transaction that
    deletes them, before it locks them: a run holds its own row first, and then people. Roll it back on False.
    """
    rows = DirectorySyncRow.objects.values_list("pk", "sync", "user", "name", "fields").iterator(chunk_size=2000)
    named = {pk: sync for pk, sync, user, *words in rows if user == person.pk or is_named(" ".join(_words(words)))}
    theirs = DirectorySync.objects.filter(Q(pk__in=set(named.values())) | Q(directory=person.directory_id))
    # First this, so that a confirmation at the same moment either comes too late or is seen below.
    theirs.filter(state=_State.READY).update(state=_State.REPLACED, ended_at=now)
    if theirs.filter(state__in=[_State.READING, _State.APPLYING]).exists():
        return False
    DirectorySyncBatch.objects.filter(sync__in=theirs.filter(state=_State.REPLACED)).delete()
    DirectorySyncRow.objects.filter(pk__in=named).delete()
    return True


def _words(value: object) -> Iterator[str]:
    """Yield the text in what a row stores."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _words(part)
    if isinstance(value, str):
        yield value
