"""Runs imports, 500 rows per transaction, so that an interruption neither loses nor repeats rows.

Every import ends: a row that the database refuses is reported, and a file that crashes its worker repeatedly fails.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Import, User
from accounts.models.imports import UNDER_WAY
from accounts.support import administration_audit_events
from accounts.support.imports import assignment_rows, people_rows, reading_files_into_rows, size_limits, token_rows
from verification import audit, decryption_failures, inputs, policies
from verification.context import Context
from verification.db import resumable_jobs
from verification.keys import strings_encrypted_for_one_row

_CHUNK = 500  # rows per transaction
_LEASE = timedelta(minutes=2)
RETENTION = timedelta(days=30)  # of jobs and their errors
_State = Import.State
RIGHTS = {
    Import.Kind.PEOPLE: "accounts.import_people",
    Import.Kind.TOKENS: "accounts.import_tokens",
    Import.Kind.ASSIGN: "accounts.import_tokens",
}


def begin(
    kind: str,
    text: str,
    staff: User,
    context: Context,
    *,
    name: str,
    is_dry_run: bool,
    reason: str = "",
    invites: bool = False,
) -> Import:
    """Start an import, with a reason unless it is a dry run. Errors: `UnreadableFile`."""
    n_rows = sum(1 for _row in reading_files_into_rows.rows(text, kind))
    job = Import(
        kind=kind,
        name=inputs.shortened(name, max_length=120),
        is_dry_run=is_dry_run,
        made_by=staff,
        made_at=context.now,
        network=context.network,
        n_rows=n_rows,
        invites=invites and kind == Import.Kind.PEOPLE,
    )
    job.sealed = strings_encrypted_for_one_row.seal(text, bound=job.ref)
    with transaction.atomic():
        job.save()
        if not is_dry_run:
            about = {"what": kind, "n_rows": n_rows, "reason": reason}
            audit.record(
                administration_audit_events.PEOPLE_IMPORT_BEGUN,
                user_id=None,
                context=context,
                actor_id=staff.pk,
                **about,
            )
    return job


def apply(job: Import, staff: User, context: Context, *, reason: str = "") -> Import | None:
    """Apply an import after its dry run, as a job of its own with the same rows.

    Return None if the rows are gone, or the dry run has not come to its end.
    """
    found = Import.objects.filter(pk=job.pk, is_dry_run=True, state=_State.DONE).exclude(sealed="").first()
    if found is None or (text := _read(found)) is None:
        return None
    with transaction.atomic():
        if not Import.objects.filter(pk=job.pk, state=_State.DONE).exclude(sealed="").update(sealed=""):
            return None  # somebody else has applied it in between
        return begin(
            job.kind, text, staff, context, name=job.name, is_dry_run=False, reason=reason, invites=job.invites
        )


def work(now: datetime) -> int:
    """Run imports that are waiting, or that a worker left unfinished. Return how many ended."""
    waiting = _under_way().order_by("made_at")
    return resumable_jobs.work(waiting, _run, _fail, lease=_LEASE, now=now, state=_State.RUNNING)


def cancel(job: Import, staff: User, context: Context, *, reason: str) -> bool:
    """Cancel a running import. Applied rows stay. Return False if it had already ended."""
    with transaction.atomic():
        rows = _under_way().filter(pk=job.pk)
        if not rows.update(state=_State.CANCELLED, ended_at=context.now, sealed=""):
            return False
        about = {"what": job.kind, "n_rows": job.n_rows, "reason": reason}
        audit.record(
            administration_audit_events.PEOPLE_IMPORT_CANCELLED,
            user_id=None,
            context=context,
            actor_id=staff.pk,
            **about,
        )
    return True


def _under_way() -> QuerySet[Import]:
    return Import.objects.filter(state__in=UNDER_WAY)


def _may_no_more(job: Import) -> str:
    """Return why the person who uploaded a file may no longer import it, or an empty string if they may."""
    staff = User.objects.filter(pk=job.made_by_id).first() if job.made_by_id else None
    is_in = staff is not None and policies.refusal(staff, timezone.now()) is None
    if staff is not None and is_in and staff.is_staff and staff.has_perm(RIGHTS[Import.Kind(job.kind)]):
        return ""
    return _("The person who uploaded this file may no longer import it. The remaining rows weren’t imported.")


def _fail(job: Import, why: str) -> None:
    ended = {"state": _State.FAILED, "ended_at": timezone.now(), "sealed": "", "faults": [*job.faults, (0, why)]}
    _under_way().filter(pk=job.pk).update(**ended)


def _read(job: Import) -> str | None:
    """Return the text of a file. If it cannot be decrypted, end the job and say so on its page."""
    text = strings_encrypted_for_one_row.unseal(job.sealed, bound=job.ref)
    if text is None:
        now, words = timezone.now(), _("This file can no longer be read. Upload it again.")
        Import.objects.filter(pk=job.pk).update(state=_State.FAILED, ended_at=now, sealed="", faults=[(0, words)])
        decryption_failures.report("import", job.ref, now=now)
    return text


def _run(job: Import) -> None:
    if (text := _read(job)) is None:
        return
    repeats = people_rows.repeated if job.kind == Import.Kind.PEOPLE else token_rows.repeated
    repeated = repeats(reading_files_into_rows.rows(text, job.kind))
    rows = itertools.islice(reading_files_into_rows.rows(text, job.kind), job.n_done, None)
    while chunk := list(itertools.islice(rows, _CHUNK)):
        if why := _may_no_more(job):
            _fail(job, why)
            return
        _step(job, chunk, repeated)
    ended = _under_way().filter(pk=job.pk)
    # A dry run keeps its rows until they are applied, or for a day. An applied import keeps none.
    ended.update(state=_State.DONE, ended_at=timezone.now(), **({} if job.is_dry_run else {"sealed": ""}))


def _step(job: Import, chunk: Sequence[people_rows.Row], repeated: Collection[int]) -> None:
    """Apply some rows and record the progress, in one transaction. Errors: `resumable_jobs.Taken`."""
    now, actor_id = timezone.now(), job.made_by.pk if job.made_by else None
    context = Context(now=now, network=job.network, agent=f"import {job.ref}")
    with transaction.atomic():
        here = _under_way().filter(n_done=job.n_done)  # no step is done twice, even with equal leases
        resumable_jobs.hold(here, job, lease=_LEASE, n_done=job.n_done + len(chunk))

        def bring_in(some: Sequence[people_rows.Row]) -> people_rows.Chunk:
            if job.kind == Import.Kind.PEOPLE:
                return people_rows.apply(some, job.made_by, context, repeated=repeated, invites=job.invites)
            if job.kind == Import.Kind.ASSIGN:
                return assignment_rows.apply(some, job.made_by, context, is_dry_run=job.is_dry_run, repeated=repeated)
            return token_rows.apply(some, job.made_by, context, is_dry_run=job.is_dry_run, repeated=repeated)

        done = _brought_in(chunk, bring_in, is_dry_run=job.is_dry_run)
        job.n_new += done.counts["new"]
        job.n_changed += done.counts["changed"]
        job.n_same += done.counts["same"]
        job.faults = [*job.faults, *done.faults][: size_limits.MAX_ERRORS_KEPT]
        job.warnings = [*job.warnings, *done.warnings][: size_limits.MAX_WARNINGS_KEPT]
        job.save(update_fields=["n_new", "n_changed", "n_same", "faults", "warnings"])
        if not job.is_dry_run:
            counts: dict[str, Any] = {f"n_{word}": n for word, n in done.counts.items()}
            audit.record(
                administration_audit_events.PEOPLE_IMPORTED,
                user_id=None,
                context=context,
                actor_id=actor_id,
                what=job.kind,
                **counts,
            )


def _brought_in(
    chunk: Sequence[people_rows.Row],
    bring_in: Callable[[Sequence[people_rows.Row]], people_rows.Chunk],
    *,
    is_dry_run: bool,
) -> people_rows.Chunk:
    """Apply some rows, and find those that the database refuses by bisection. A dry run is rolled back.

    Call it in the chunk's transaction.
    """
    try:
        with transaction.atomic():
            done = bring_in(chunk)
            if is_dry_run:
                transaction.set_rollback(True)
        return done
    except (DataError, IntegrityError):
        if len(chunk) == 1:
            words = _("The database can’t store this row. Check for unusual characters and very long cells.")
            return people_rows.Chunk(Counter(), [(chunk[0][0], words)])
        half = len(chunk) // 2
        first = _brought_in(chunk[:half], bring_in, is_dry_run=is_dry_run)
        return first + _brought_in(chunk[half:], bring_in, is_dry_run=is_dry_run)


def purge(now: datetime) -> None:
    """Delete rows of dry runs that nobody applied within a day, and jobs after thirty days."""
    old = Import.objects.filter(made_at__lt=now - timedelta(days=1)).exclude(state__in=UNDER_WAY)
    old.exclude(sealed="").update(sealed="")
    Import.objects.filter(made_at__lt=now - RETENTION).delete()
