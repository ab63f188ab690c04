"""Disconnects a directory that isn't used any more from its people and groups, so that it can be deleted."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin_changes import ChangeRefused
from accounts.models import Directory, DirectorySync, ScimPerson, SuggestedNumber, User
from accounts.models.directory_syncs import UNDER_WAY
from accounts.support import administration_audit_events, people_in_desk_scopes
from verification import audit
from verification.context import Context

_State = DirectorySync.State
_SWITCHED_ON = gettext_lazy("Switch the directory off first.")
_SCOPED = gettext_lazy("Its people belong to all desks. Only an administrator who can help everyone can do this.")
_UNDER_WAY = gettext_lazy("The directory is being read. Cancel the run first.")


def effects(directory: Directory) -> tuple[str, ...]:
    """Return what happens to the people and groups of a directory, in sentences."""
    people, n_groups = directory.people.all(), directory.groups.count()
    n, n_off = people.count(), people.filter(is_active=False).count()
    lines = [
        ngettext(
            "%(n)d person keeps their account, with its methods, groups and app passwords. From now on "
            "their username, name and email address are changed here.",
            "%(n)d people keep their accounts, with their methods, groups and app passwords. From now on "
            "their usernames, names and email addresses are changed here.",
            n,
        )
        % {"n": n},
    ]
    if directory.checks_passwords:
        lines.append(_("They have no password here. To set one, they choose “Reset your password” at sign-in."))
    if n_off:
        lines.append(
            ngettext(
                "%(n)d of them is switched off, and stays so.", "%(n)d of them are switched off, and stay so.", n_off
            )
            % {"n": n_off}
        )
    if n_groups:
        lines.append(
            ngettext(
                "%(n)d group keeps its members. From now on it’s changed here.",
                "%(n)d groups keep their members. From now on they’re changed here.",
                n_groups,
            )
            % {"n": n_groups}
        )
    return (*lines, _("Phone numbers that the directory suggested are deleted."), _("This can’t be undone."))


def disconnect(directory: Directory, staff: User, context: Context, *, reason: str) -> None:
    """Let the people and groups of a directory stay as our own. Errors: `ChangeRefused`. Call it in a transaction."""
    locked = Directory.objects.select_for_update(no_key=True).get(pk=directory.pk)
    if locked.is_active:
        raise ChangeRefused(_SWITCHED_ON)
    if people_in_desk_scopes.is_scoped(staff):
        raise ChangeRefused(_SCOPED)
    # First this: a run that someone confirms at the same moment would add the people again.
    runs = DirectorySync.objects.filter(directory=locked)
    runs.filter(state=_State.READY).update(state=_State.CANCELLED, ended_at=context.now)
    if runs.filter(state__in=UNDER_WAY).exists():
        raise ChangeRefused(_UNDER_WAY)
    SuggestedNumber.objects.filter(user__directory=locked).delete()
    ScimPerson.objects.filter(directory=locked).delete()
    n_groups, _by_table = locked.groups.all().delete()
    n_people = locked.people.update(
        directory=None, directory_key="", directory_since=None, directory_seen_at=None, directory_off_at=None
    )
    Directory.objects.filter(pk=locked.pk).update(many_left_at=None, many_left_since=None)
    about = {"directory": locked.name, "reason": reason, "n_people": n_people, "n_groups": n_groups}
    audit.record(
        administration_audit_events.DIRECTORY_DISCONNECTED,
        user_id=None,
        context=context,
        actor_id=staff.pk,
        **about,
    )
