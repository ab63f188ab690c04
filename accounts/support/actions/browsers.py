"""Support actions on a user's remembered browsers and sessions."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import sessions
from accounts.models import User
from accounts.support import audit_events
from accounts.support.actions.base import Actor, Result, notify, record, unless_nothing
from verification import browsers


def forget_browsers(person: User, actor: Actor) -> Result:
    """Forget a user's remembered browsers."""
    with transaction.atomic():
        notify(person, "browsers_forgotten", actor)
        n_gone = browsers.forget(person)
        unless_nothing(_("No browser is remembered."), n_gone)
        record(audit_events.SUPPORT_BROWSERS_FORGOTTEN, person, actor, n_browsers=n_gone)
    return Result(ngettext("%(n)d browser was forgotten.", "%(n)d browsers were forgotten.", n_gone) % {"n": n_gone})


def end_sessions(person: User, actor: Actor) -> Result:
    """End all sessions of a user. Remembered browsers stay."""
    with transaction.atomic():
        notify(person, "sessions_ended", actor)
        n_gone = sessions.end_all(person)
        unless_nothing(_("They are signed in nowhere."), n_gone)
        record(audit_events.SUPPORT_SESSIONS_ENDED, person, actor, n_sessions=n_gone)
    return Result(ngettext("%(n)d sign-in was ended.", "%(n)d sign-ins were ended.", n_gone) % {"n": n_gone})
