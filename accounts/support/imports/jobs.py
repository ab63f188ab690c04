"""Works imports off, some hundred rows a transaction, so that a stop in the midst loses and doubles nothing."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Import, User
from accounts.support.imports import assignments, files, people, tokens
from verification import audit, damage, parcels
from verification.facts import Facts

_CHUNK = 500  # rows a transaction
_LEASE = timedelta(minutes=2)
_MOST_FAULTS = 20_000
_State = Import.State


def begin(
    kind: str, text: str, staff: User, facts: Facts, *, name: str, is_rehearsal: bool, reason: str = ""
) -> Import:
    """Take a file; with a reason when its rows are to count. Errors: `files.Unreadable` for its head."""
    n_rows = sum(1 for _row in files.rows(text, kind))
    job = Import(
        kind=kind,
        name=name[:120],
        is_rehearsal=is_rehearsal,
        made_by=staff,
        made_at=facts.now,
        network=facts.network,
        n_rows=n_rows,
    )
    job.sealed = parcels.seal(text, bound=job.ref)
    with transaction.atomic():
        job.save()
        if not is_rehearsal:
            about = {"what": kind, "n_rows": n_rows, "reason": reason}
            audit.record("people.import_begun", user_id=None, facts=facts, actor_id=staff.pk, **about)
    return job


def apply(job: Import, staff: User, facts: Facts, *, reason: str = "") -> Import | None:
    """Apply what was rehearsed: the same rows, as a job of its own; none when the rows are gone."""
    if not job.is_rehearsal or not job.sealed:
        return None
    if (text := _read(job)) is None:
        return None
    with transaction.atomic():
        if not Import.objects.filter(pk=job.pk).exclude(sealed="").update(sealed=""):
            return None  # somebody else applied it just now
        return begin(job.kind, text, staff, facts, name=job.name, is_rehearsal=False, reason=reason)


def work(now: datetime) -> int:
    """Work off what waits, and what a worker left in the midst; returns how many jobs were ended."""
    free = Import.objects.exclude(state=_State.DONE).filter(Q(lease_until=None) | Q(lease_until__lt=now))
    ended = 0
    for job in free.order_by("made_at"):
        rows = Import.objects.filter(pk=job.pk, lease_until=job.lease_until).exclude(state=_State.DONE)
        if rows.update(state=_State.RUNNING, lease_until=now + _LEASE):
            job.refresh_from_db()
            _run(job)
            ended += 1
    return ended


def _read(job: Import) -> str | None:
    """Give the text of a file; of one that does not open, end the job and say so on its page."""
    text = parcels.unseal(job.sealed, bound=job.ref)
    if text is None:
        now, words = timezone.now(), _("This file can no longer be read. Bring it in again.")
        Import.objects.filter(pk=job.pk).update(state=_State.DONE, ended_at=now, sealed="", faults=[(0, words)])
        damage.report("import", job.ref, now=now)
    return text


def _run(job: Import) -> None:
    if (text := _read(job)) is None:
        return
    rows = itertools.islice(files.rows(text, job.kind), job.n_done, None)
    while chunk := list(itertools.islice(rows, _CHUNK)):
        if not _step(job, chunk):
            return  # another worker took it over
    ended = Import.objects.filter(pk=job.pk).exclude(state=_State.DONE)
    # A rehearsal keeps its rows until they are applied, or for a day; what was applied keeps none.
    ended.update(state=_State.DONE, ended_at=timezone.now(), **({} if job.is_rehearsal else {"sealed": ""}))


def _step(job: Import, chunk: Sequence[people.Row]) -> bool:
    """Apply some rows and note how far it is, together or not at all."""
    now, actor_id = timezone.now(), job.made_by.pk if job.made_by else None
    facts = Facts(now=now, network=job.network, agent=f"import {job.ref}")
    with transaction.atomic():
        held = Import.objects.filter(pk=job.pk, n_done=job.n_done, lease_until=job.lease_until)
        job.lease_until = now + _LEASE
        if not held.update(n_done=job.n_done + len(chunk), lease_until=job.lease_until):
            return False
        if job.kind == Import.Kind.PEOPLE:
            done = people.apply(chunk, is_rehearsal=job.is_rehearsal)
        elif job.kind == Import.Kind.ASSIGN:
            done = assignments.apply(chunk, job.made_by, facts, is_rehearsal=job.is_rehearsal)
        else:
            done = tokens.apply(chunk, facts, is_rehearsal=job.is_rehearsal, actor_id=actor_id)
        job.n_done += len(chunk)
        job.n_new += done.counts["new"]
        job.n_changed += done.counts["changed"]
        job.n_same += done.counts["same"]
        job.faults = [*job.faults, *done.faults][:_MOST_FAULTS]
        job.save(update_fields=["n_new", "n_changed", "n_same", "faults"])
        if not job.is_rehearsal:
            counts: dict[str, Any] = {f"n_{word}": n for word, n in done.counts.items()}
            audit.record("people.imported", user_id=None, facts=facts, actor_id=actor_id, what=job.kind, **counts)
    return True


def purge(now: datetime) -> None:
    """Remove the rows of rehearsals that nobody applied within a day, and jobs after thirty."""
    Import.objects.filter(made_at__lt=now - timedelta(days=1), state=_State.DONE).exclude(sealed="").update(sealed="")
    Import.objects.filter(made_at__lt=now - timedelta(days=30)).delete()
