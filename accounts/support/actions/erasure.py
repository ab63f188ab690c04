"""Erases a user, as the law requires: account, methods, messages. The audit log keeps only a number."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import GroupRequest, Import, User
from accounts.support.actions.base import Actor, Result, Unneeded
from verification import audit, erasure, hardware_tokens
from verification.audit import events
from verification.db import row_locks
from verification.keys import uploads


def names_of(person: User) -> tuple[str, ...]:
    """Return what identifies a user: user name, mail address, name."""
    return tuple(name for name in (person.username, person.email, person.name) if name)


def is_named(person: User, text: str) -> bool:
    """Return whether a text names a user, ignoring case."""
    return any(_pattern(name).search(text) for name in names_of(person))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.@-]){re.escape(name)}(?![\w@-])", re.IGNORECASE)


def erase(person: User, actor: Actor) -> Result:
    """Delete a user permanently. Their audit events stay, with the user's number but without personal text.

    If something about them is written at the same time, such as a challenge at sign-in, the database refuses it,
    because its row would refer to an account that is gone.
    """
    with transaction.atomic():
        row_locks.take(User.objects.filter(pk=person.pk), Import.objects.all(), GroupRequest.objects.all())
        _leave_imports(person)
        _leave_requests(person)
        for token in hardware_tokens.of_person(person.pk):
            hardware_tokens.take_back(token, actor.context, actor_id=actor.staff.pk)
        erasure.erase(person, names=names_of(person))
        pk = person.pk
        _count, rows = User.objects.get(pk=pk).delete()
        audit.record(
            events.PERSON_ERASED,
            user_id=pk,
            context=actor.context,
            actor_id=actor.staff.pk,
            reason=actor.reason,
            ticket=actor.ticket,
            approver=actor.approver,
            rows={label.partition(".")[2].lower(): n for label, n in sorted(rows.items()) if n},
        )
    return Result(_("They are erased. The record knows them as number %(n)d.") % {"n": pk})


def _leave_imports(person: User) -> None:
    """Remove a user from imported files. Errors: `Unneeded` while one of the files is being processed."""
    for job in Import.objects.exclude(sealed=""):
        if not is_named(person, _text(job)):
            continue
        if job.state != Import.State.DONE:
            raise Unneeded(_("A file that names them is being brought in. Wait until it is done."))
        Import.objects.filter(pk=job.pk).update(sealed="")  # otherwise the import would create them again
    for job in Import.objects.defer("sealed"):
        faults = [fault for fault in job.faults if not is_named(person, str(fault))]
        name = _("a file") if is_named(person, job.name) else job.name
        if (faults, name) != (job.faults, job.name):
            Import.objects.filter(pk=job.pk).update(faults=faults, name=name)


def _text(job: Import) -> str:
    return uploads.unseal(job.sealed, bound=job.ref) or ""


def _leave_requests(person: User) -> None:
    """Remove a user from waiting group changes."""
    for request in GroupRequest.objects.exclude(wanted=None):
        wanted = {
            key: [each for each in value if each != person.username] if isinstance(value, list) else value
            for key, value in (request.wanted or {}).items()
        }
        if wanted != request.wanted:
            GroupRequest.objects.filter(pk=request.pk).update(wanted=wanted)
