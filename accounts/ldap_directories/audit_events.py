"""Audit events of directories: a directory refused a sign-in, or supplied a username that someone else has."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.ldap_directories.password_result_codes import PasswordResult
from verification.audit import Details, Event, Severity, UserEvent, declare


def _for_staff(details: Details) -> str:
    recorded = details.get("why")
    if recorded not in set(PasswordResult):
        return gettext("The directory refused it.")
    return gettext("The directory refused it: %(why)s.") % {"why": PasswordResult(recorded).label}


DIRECTORY_REFUSED = declare(
    UserEvent(
        "directory.refused",
        log=_("A directory refused a sign-in of %(person)s: %(why)s."),
        icon="lock",
        title=_("A sign-in was refused"),
        text=_("Your organisation’s directory refused it."),
        staff_text=_for_staff,
        severity=Severity.WARN,
        is_attempt=True,
        metric="directory refused",
    )
)
DIRECTORY_NAME_TAKEN = declare(
    Event(
        "directory.name_taken",
        _("Username from a directory already taken"),
        _("%(actor)s couldn’t sign in from the directory %(directory)s: another account has the same username."),
        severity=Severity.WARN,
    )
)
