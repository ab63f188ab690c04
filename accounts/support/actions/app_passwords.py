"""The support action that deletes a person's app passwords."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import app_passwords
from accounts.models import User
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


def delete_app_passwords(person: User, actor: Actor) -> ActionResult:
    """Delete all app passwords of a user. Programs that use them are refused at their next request."""
    with transaction.atomic():
        notify(person, support_action_audit_events.SUPPORT_APP_PASSWORDS_DELETED, actor)
        n_gone = app_passwords.clear(person)
        unless_nothing(_("They have no app passwords."), n_gone)
        record(support_action_audit_events.SUPPORT_APP_PASSWORDS_DELETED, person, actor, n_app_passwords=n_gone)
    return ActionResult(
        ngettext("%(n)d app password was deleted.", "%(n)d app passwords were deleted.", n_gone) % {"n": n_gone}
    )


DELETE_APP_PASSWORDS = declare(
    Action(
        name="delete_app_passwords",
        label=gettext_lazy("Delete app passwords"),
        explain=gettext_lazy("Apps that use them can’t connect until the person creates new ones."),
        icon="key",
        topic=ActionTopic.LOSS,
        permission="delete_app_passwords",
        effect=Effect.ENDS,
        run=delete_app_passwords,
        preview=lambda impact: action_preview.or_none(action_preview.deleted_app_passwords(impact.n_app_passwords)),
        applies=lambda impact: impact.n_app_passwords > 0,
    )
)
