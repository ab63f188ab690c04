"""Erases a user, as the law requires: account, methods, messages. The audit log keeps only a number."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import applications, ldap_sync
from accounts.models import GroupRequest, Import, User
from accounts.models.people import fold
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionForm,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    Unneeded,
    declare,
)
from accounts.support.actions.action_preview import ActionImpact
from verification import audit, erasure_in_messages_and_audit, hardware_token_stock
from verification.audit import verification_audit_events
from verification.db import row_locks
from verification.keys import strings_encrypted_for_one_row


def names_of(person: User) -> tuple[str, ...]:
    """Return what identifies a user: username, email address, name."""
    return tuple(name for name in (person.username, person.email, person.name) if name)


def is_named(person: User, text: str) -> bool:
    """Return whether a text names a user, ignoring case."""
    return any(_pattern(name).search(text) for name in names_of(person))


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.@-]){re.escape(name)}(?![\w@-])", re.IGNORECASE)


def erase(person: User, actor: Actor) -> ActionResult:
    """Delete a user permanently. Their audit events stay, with the user's number but without personal text.

    If something about them is written at the same time, such as a challenge at sign-in, the database refuses it,
    because its row would refer to an account that is gone.
    """
    with transaction.atomic():
        _leave_directory_runs(person, actor.context.now)
        row_locks.lock_to_delete(User.objects.filter(pk=person.pk), Import.objects.all(), GroupRequest.objects.all())
        _leave_imports(person)
        _leave_requests(person)
        for token in hardware_token_stock.of_person(person.pk):
            hardware_token_stock.take_back(token, actor.context, actor_id=actor.staff.pk)
        applications.end(actor.context.now, "erased", user_id=person.pk)
        erasure_in_messages_and_audit.erase(person, names=names_of(person))
        pk = person.pk
        _count, rows = User.objects.get(pk=pk).delete()
        audit.record(
            verification_audit_events.PERSON_ERASED,
            user_id=pk,
            context=actor.context,
            actor_id=actor.staff.pk,
            reason=actor.reason,
            ticket=actor.ticket,
            approver=actor.approver,
            rows={label.partition(".")[2].lower(): n for label, n in sorted(rows.items()) if n},
        )
    return ActionResult(_("Erased. The audit log lists them only as number %(n)d.") % {"n": pk})


def _leave_imports(person: User) -> None:
    """Remove a user from imported files. Errors: `Unneeded` while one of the files is being processed."""
    for job in Import.objects.exclude(sealed=""):
        if not is_named(person, _text(job)):
            continue
        if job.state != Import.State.DONE:
            raise Unneeded(_("A file that names them is being imported. Try again when the import is done."))
        Import.objects.filter(pk=job.pk).update(sealed="")  # otherwise the import would create them again
    for job in Import.objects.defer("sealed"):
        faults, warnings = (
            [row for row in rows if not is_named(person, str(row))] for rows in (job.faults, job.warnings)
        )
        name = _("a file") if is_named(person, job.name) else job.name
        if (faults, warnings, name) != (job.faults, job.warnings, job.name):
            Import.objects.filter(pk=job.pk).update(faults=faults, warnings=warnings, name=name)


def _text(job: Import) -> str:
    return strings_encrypted_for_one_row.unseal(job.sealed, bound=job.ref) or ""


def _leave_directory_runs(person: User, now: datetime) -> None:
    """Remove a user from runs of directories. Errors: `Unneeded` while one of these is under way."""
    if not ldap_sync.forget(person, lambda text: is_named(person, text), now):
        raise Unneeded(_("A directory that lists them is being read. Try again when the run is done."))


def _leave_requests(person: User) -> None:
    """Remove a user from waiting group changes."""
    for request in GroupRequest.objects.exclude(wanted=None):
        wanted = {
            key: [each for each in value if each != person.username] if isinstance(value, list) else value
            for key, value in (request.wanted or {}).items()
        }
        if wanted != request.wanted:
            GroupRequest.objects.filter(pk=request.pk).update(wanted=wanted)


class EraseForm(ActionForm):
    """The username once more, to confirm, and a reason that may be kept after the erasure."""

    field_order = ["confirm", "reason", "ticket"]
    confirm = forms.CharField(
        label=gettext_lazy("Username of this person"),
        max_length=150,
        help_text=gettext_lazy("Type it to confirm. You can’t undo this."),
        error_messages={"required": gettext_lazy("Enter the username of this person.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def offer(self, person: User, *, now: datetime) -> None:
        self.person = person
        self.fields["reason"].help_text = _("It stays in the audit log, so don’t write who the person is.")

    def clean_confirm(self) -> str:
        if fold(self.cleaned_data["confirm"]) != self.person.username:
            raise forms.ValidationError(_("This isn’t the username of this person. Check it and try again."))
        return self.person.username

    def clean_reason(self) -> str:
        return self._unnamed("reason")

    def clean_ticket(self) -> str:
        return self._unnamed("ticket")

    def _unnamed(self, field: str) -> str:
        text: str = self.cleaned_data[field]
        if is_named(self.person, text):
            raise forms.ValidationError(_("Don’t write who the person is: this stays in the audit log."))
        return text

    def options(self) -> dict[str, Any]:
        return {}


def _erased(impact: ActionImpact) -> list[str]:
    return [
        _("Removes the account: username, name, email address, password, groups and roles."),
        *action_preview.removed_methods(impact),
        *action_preview.deleted_app_passwords(impact.n_app_passwords),
        *action_preview.ended_access(impact),
        _("Removes the texts, calls and emails that were sent, requests about them, and caller checks."),
        _("Removes reasons, notes and names of methods from their events in the audit log."),
        _("Removes them from imported files. A file that would add them again must be uploaded again."),
        _("Removes them from runs of directories. A directory that still lists them adds them again when it is read."),
        _("Stays by law: their events in the audit log under a number, with time, network and browser."),
        _("Stays: a masked number that opted out, and what staff wrote about other people."),
        _("Stays elsewhere until it expires: backups, log files, and what the provider stores."),
        _("We can’t email them about it, because no address is left. Tell them yourself."),
    ]


ERASE = declare(
    Action(
        name="erase",
        label=gettext_lazy("Erase this person"),
        explain=gettext_lazy("Delete the account and all personal data, because the law or the person requires it."),
        icon="remove",
        topic=ActionTopic.STAFF,
        permission="erase_person",
        form_class=EraseForm,
        effect=Effect.ERASES,
        run=erase,
        preview=_erased,
        supports_bulk=False,
        is_destructive=True,
        notifies_person=False,
    )
)
