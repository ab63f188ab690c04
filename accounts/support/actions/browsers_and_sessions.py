"""Support actions on a user's remembered browsers and sessions."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.sessions import ending_sessions, running_sessions
from accounts.support import support_action_audit_events
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    declare,
    notify,
    record,
    unless_nothing,
)
from verification import browsers


def forget_browsers(person: User, actor: Actor) -> ActionResult:
    """Forget a user's remembered browsers."""
    with transaction.atomic():
        notify(person, support_action_audit_events.SUPPORT_BROWSERS_FORGOTTEN, actor)
        n_gone = len(browsers.of_person(person, now=actor.context.now))
        browsers.forget(person)  # also those that ended already
        unless_nothing(_("They have no remembered browsers."), n_gone)
        record(support_action_audit_events.SUPPORT_BROWSERS_FORGOTTEN, person, actor, n_browsers=n_gone)
    return ActionResult(
        ngettext("%(n)d remembered browser was removed.", "%(n)d remembered browsers were removed.", n_gone)
        % {"n": n_gone}
    )


FORGET_BROWSERS = declare(
    Action(
        name="forget_browsers",
        label=gettext_lazy("Remove remembered browsers"),
        explain=gettext_lazy("Every browser needs the second step again."),
        icon="browser",
        topic=ActionTopic.LOSS,
        permission="forget_browsers",
        effect=Effect.ENDS,
        run=forget_browsers,
        preview=lambda impact: action_preview.or_none(action_preview.forgotten_browsers(impact)),
        applies=lambda impact: impact.n_browsers > 0,
    )
)


def end_sessions(person: User, actor: Actor) -> ActionResult:
    """End all sessions of a user. Remembered browsers stay."""
    with transaction.atomic():
        notify(person, support_action_audit_events.SUPPORT_SESSIONS_ENDED, actor)
        n_gone = len(running_sessions.running(person, actor.context.now))
        ending_sessions.end_all(person)  # also those that ended already
        unless_nothing(_("They aren’t signed in anywhere."), n_gone)
        record(support_action_audit_events.SUPPORT_SESSIONS_ENDED, person, actor, n_sessions=n_gone)
    return ActionResult(ngettext("%(n)d session was ended.", "%(n)d sessions were ended.", n_gone) % {"n": n_gone})


END_SESSIONS = declare(
    Action(
        name="end_sessions",
        label=gettext_lazy("End all sessions"),
        explain=gettext_lazy("Sign them out everywhere. Remembered browsers stay."),
        icon="leave",
        topic=ActionTopic.LOSS,
        permission="end_sessions",
        effect=Effect.ENDS,
        run=end_sessions,
        preview=lambda impact: action_preview.or_none(action_preview.ended_sessions(impact)),
        applies=lambda impact: impact.n_sessions > 0,
    )
)
