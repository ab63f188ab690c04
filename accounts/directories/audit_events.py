"""Audit events of directories: a directory refused a sign-in."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.directories.password_result_codes import PasswordResult
from verification.audit import Details, Severity, UserEvent, declare


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
