"""The link of an invitation: whether it still works, and what it does. It signs nobody in."""

from accounts import invitations, password_changes
from accounts.models import Invitation
from verification import policies
from verification.context import Context
from verification.db import row_locks
from verification.keys import derived_link_tokens


def opened(handle: str, token: str, context: Context) -> Invitation | None:
    """Return the invitation that an emailed link belongs to, if the link still works."""
    if not derived_link_tokens.is_derived(invitations.PURPOSE, handle, token):
        return None
    found = Invitation.objects.select_related("user__directory").filter(handle=handle).first()
    return found if found and _is_good(found, context) else None


def _is_good(invitation: Invitation, context: Context) -> bool:
    person = invitation.user
    is_valid = invitation.accepted_at is None and invitation.ends_at > context.now
    is_same = invitation.epoch == person.epoch and policies.refusal(person, context.now) is None
    return is_valid and is_same and invitations.is_new(person)


def accept(invitation: Invitation, password: str, context: Context) -> bool:
    """Use up a link and set the person's first password. Return False if the link no longer works.

    Shape: `password` as typed, already validated.
    """
    if not invitation.user.has_password_here:
        return False
    return password_changes.change(
        invitation.user, password, context, how="invited", use_link=lambda: _use_up(invitation, context)
    )


def _use_up(invitation: Invitation, context: Context) -> bool:
    row_locks.lock_person(invitation.user.pk)
    same = Invitation.objects.filter(
        pk=invitation.pk, handle=invitation.handle, accepted_at=None, ends_at__gt=context.now
    )
    return bool(same.filter(user__epoch=invitation.epoch).update(accepted_at=context.now))
