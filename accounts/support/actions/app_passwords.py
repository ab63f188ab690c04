"""The support action that deletes a person's app passwords."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import app_passwords
from accounts.models import User
from accounts.support import audit_events
from accounts.support.actions.base import Actor, Result, notify, record, unless_nothing


def delete_app_passwords(person: User, actor: Actor) -> Result:
    """Delete all app passwords of a user. The programs are refused at their next request."""
    with transaction.atomic():
        notify(person, "app_passwords_deleted", actor)
        n_gone = app_passwords.clear(person)
        unless_nothing(_("They have no app password."), n_gone)
        record(audit_events.SUPPORT_APP_PASSWORDS_DELETED, person, actor, n_app_passwords=n_gone)
    return Result(
        ngettext("%(n)d app password was deleted.", "%(n)d app passwords were deleted.", n_gone) % {"n": n_gone}
    )
