"""Erases a person, as the law asks for: account, what they set up, what was sent. The record keeps a number alone."""

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
    """Give what names a person: user name, mail address, name."""
    return tuple(name for name in (person.username, person.email, person.name) if name)


def is_named(person: User, text: str) -> bool:
    """Tell whether a text names a person, in any case."""
    return any(_pattern(name).search(text) for name in names_of(person))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.@-]){re.escape(name)}(?![\w@-])", re.IGNORECASE)


def erase(person: User, actor: Actor) -> Result:
    """Remove a person for good. Events about them stay in the record, by number and without personal words.

    Whatever of them is written down at the same moment, such as a challenge of a sign-in, is refused by the database:
    its row would name an account that is gone.
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
    """Take a person out of files that were brought in. Errors: `Unneeded` while one of them is worked off."""
    for job in Import.objects.exclude(sealed=""):
        if not is_named(person, _text(job)):
            continue
        if job.state != Import.State.DONE:
            raise Unneeded(_("A file that names them is being brought in. Wait until it is done."))
        Import.objects.filter(pk=job.pk).update(sealed="")  # it would bring them back
    for job in Import.objects.defer("sealed"):
        faults = [fault for fault in job.faults if not is_named(person, str(fault))]
        name = _("a file") if is_named(person, job.name) else job.name
        if (faults, name) != (job.faults, job.name):
            Import.objects.filter(pk=job.pk).update(faults=faults, name=name)


def _text(job: Import) -> str:
    return uploads.unseal(job.sealed, bound=job.ref) or ""


def _leave_requests(person: User) -> None:
    """Take a person out of what is wanted of groups."""
    for request in GroupRequest.objects.exclude(wanted=None):
        wanted = {
            key: [each for each in value if each != person.username] if isinstance(value, list) else value
            for key, value in (request.wanted or {}).items()
        }
        if wanted != request.wanted:
            GroupRequest.objects.filter(pk=request.pk).update(wanted=wanted)
