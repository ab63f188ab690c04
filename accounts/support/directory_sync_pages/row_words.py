"""What the pages and the download say about a row of a run: what changes, by which rule, or why not."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import ldap_sync
from accounts.admin_site import EMPTY
from accounts.models import Directory, DirectorySyncRow
from accounts.models.people import MAX_NAME_LENGTH
from accounts.provisioning import MAX_GROUP_NAME_LENGTH, MAX_KEY_LENGTH
from verification import time_format

# The order in which the pages list them: first what someone should look at.
HEADINGS: Mapping[str, object] = {
    "refused": gettext_lazy("Not taken over"),
    "shortened": gettext_lazy("Names that are too long"),
    "switched_off": gettext_lazy("Switched off"),
    "switched_on": gettext_lazy("Switched on again"),
    "linked": gettext_lazy("Existing account taken over"),
    "changed": gettext_lazy("Changed"),
    "added": gettext_lazy("New"),
    "group": gettext_lazy("Groups"),
}
WHY: Mapping[str, object] = {
    "invalid_key": format_lazy(
        gettext_lazy("The directory gives no permanent id, or one of more than {n} characters."),
        n=MAX_KEY_LENGTH,
    ),
    "invalid_username": format_lazy(
        gettext_lazy("It has no username that can be used here: 1 to {n} visible characters."),
        n=MAX_NAME_LENGTH,
    ),
    "invalid_email": gettext_lazy("Its email address isn’t valid."),
    "username_taken": gettext_lazy("Another account has this username."),
    "staff": gettext_lazy("A member of staff here has this username. Staff are never taken over."),
    "last_administrator": gettext_lazy("They are the last administrator who can sign in, so we don’t switch them off."),
    "no_name": gettext_lazy("The group has no name."),
    "long_name": format_lazy(
        gettext_lazy("The full name has more than {n} characters. We leave out the rest."),
        n=MAX_NAME_LENGTH,
    ),
    "long_group_name": format_lazy(
        gettext_lazy("The group’s name has more than {n} characters. We leave out the rest."),
        n=MAX_GROUP_NAME_LENGTH,
    ),
    "missing": gettext_lazy("No longer in the directory"),
    "": gettext_lazy("Disabled in the directory"),
    "username": gettext_lazy("Same username"),
    "email": gettext_lazy("Same email address"),
}
_FIELDS: Mapping[str, object] = {
    "username": gettext_lazy("Username"),
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("Email address"),
    "language": gettext_lazy("Language"),
    "mobile": gettext_lazy("Mobile number"),
    "office": gettext_lazy("Office number"),
    "home": gettext_lazy("Home number"),
}


def in_short(directory: Directory, now: datetime) -> str:
    """Return how the reading of a directory stands, for the list of directories."""
    health = ldap_sync.health_of(directory)
    if health.waits:
        return _("Waiting for confirmation")
    if health.has_failed:
        return _("Couldn’t be read")
    if ldap_sync.is_stale(health, now):
        return _("Not read for a long time")
    if health.good is not None and health.good.read_at is not None:
        return _("Read %(when)s") % {"when": time_format.short_moment(health.good.read_at)}
    return _("Not read yet") if directory.sync_minutes else EMPTY


def lines(row: DirectorySyncRow) -> list[str]:
    """Return what a row says: one line for each change, and the reason."""
    if row.what == "group":
        return [_of_group(row)]
    why = str(WHY.get(row.why, row.why))
    if row.what in {"refused", "shortened", "linked", "switched_off"}:
        return [why]
    return [*_changes(row), why] if row.why else _changes(row)


def _of_group(row: DirectorySyncRow) -> str:
    if row.why == "gone":
        return _("No longer in the directory")
    numbers = {name: row.fields.get(name, 0) for name in ("joined", "left")}
    if row.why == "added":
        return ngettext("New, with %(joined)d member", "New, with %(joined)d members", numbers["joined"]) % numbers
    return _("%(joined)d join, %(left)d leave") % numbers


def _changes(row: DirectorySyncRow) -> list[str]:
    """Return the old and new value of each field. Of someone new, only the new ones."""
    shown = []
    for name, (old, new) in row.fields.items():
        if name not in _FIELDS or (row.what == "added" and name == "username"):
            continue
        said = {"field": _FIELDS[name], "old": old or EMPTY, "new": new or EMPTY}
        words = _("%(field)s: %(new)s") if row.what == "added" else _("%(field)s: %(old)s → %(new)s")
        shown.append(words % said)
    return shown
