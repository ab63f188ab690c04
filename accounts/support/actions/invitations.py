"""Support action that invites people who have never signed in."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import invitations
from accounts.models import User
from accounts.support import support_action_audit_events
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    Unneeded,
    declare,
    record,
)
from verification.db import row_locks


def invite(person: User, actor: Actor) -> ActionResult:
    """Email an invitation to someone who has never signed in. An older link stops working."""
    now = actor.context.now
    with transaction.atomic():
        row_locks.lock_person(person.pk)
        if not person.email:
            raise Unneeded(_("They have no email address. Add one first."))
        if not invitations.is_new(person):
            raise Unneeded(_("They need no invitation: they’ve signed in, have a password, or are switched off."))
        if invitations.was_sent_recently(person, now):
            raise Unneeded(_("An invitation was emailed to them a few minutes ago."))
        invitations.send(person, now)
        record(support_action_audit_events.SUPPORT_INVITED, person, actor)
    return ActionResult(_("We emailed them an invitation."))


INVITE = declare(
    Action(
        name="invite",
        label=gettext_lazy("Invite"),
        explain=gettext_lazy("Email them a link to set their password, or to set up their second step."),
        icon="mail",
        topic=ActionTopic.SIGN_IN,
        permission="invite_person",
        effect=Effect.TRIES,
        run=invite,
        preview=action_preview.lines(
            gettext_lazy("Emails a link to the address of the account. The link works once."),
            gettext_lazy("An older invitation stops working. People who have signed in before get nothing."),
        ),
        applies=lambda impact: impact.is_new,
        notifies_person=False,  # the invitation is the email
    )
)
