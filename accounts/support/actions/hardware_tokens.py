"""Support actions on hardware tokens: assign, take back, resynchronise."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.support import audit_events
from accounts.support.actions.base import Actor, Result, Unneeded, close, notify, record
from verification import challenges, enrolments, hardware_tokens
from verification.models import HardwareToken


def assign_token(person: User, actor: Actor, *, serial: str) -> Result:
    """Assign a token from the stock to a user, who then activates it with a code."""
    with transaction.atomic():
        token = hardware_tokens.named(serial)
        if token is None:
            raise Unneeded(_("There is no token of this serial number. Bring the maker’s file in first."))
        if token.enrolment is not None and token.enrolment.user_id == person.pk:
            raise Unneeded(_("They have this token already."))
        if not token.is_good(actor.context.now):
            raise Unneeded(_("Its maker says that it is not to be used now."))
        try:
            hardware_tokens.assign(token, person, actor.context, actor_id=actor.staff.pk)
        except hardware_tokens.NotInStock:
            raise Unneeded(_("Somebody else has this token, or it is retired.")) from None
        except hardware_tokens.Damaged:
            raise Unneeded(_("Its secret cannot be read any more. Bring the maker’s file in again.")) from None
        label = _label(token)
        record(audit_events.SUPPORT_TOKEN_ASSIGNED, person, actor, label=label, token=token.ref)
        notify(person, "token_assigned", actor, label=label)
    return Result(_("%(label)s waits for them. They activate it with its code.") % {"label": label})


def take_token_back(person: User, actor: Actor, *, token_ref: str, is_worn: bool) -> Result:
    """Take a token back from a user, into the stock, or retire it if lost or broken. The user's sessions end."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        label = _label(token)
        enrolments.lock_person_and_methods(person)
        notify(person, "token_taken_back", actor, label=label)
        if not hardware_tokens.take_back(token, actor.context, actor_id=actor.staff.pk):
            raise Unneeded(_("They do not have this token any more."))
        if is_worn:
            hardware_tokens.retire(
                token, actor.context, actor_id=actor.staff.pk, reason=actor.reason, ticket=actor.ticket
            )
        closed = close(person)
        record(
            audit_events.SUPPORT_TOKEN_TAKEN_BACK,
            person,
            actor,
            label=label,
            token=token.ref,
            is_retired=is_worn,
            **closed,
        )
    words = _("%(label)s is retired.") if is_worn else _("%(label)s is in the stock again.")
    return Result(words % {"label": label})


def resync_token(person: User, actor: Actor, *, token_ref: str, first: str, second: str) -> Result:
    """Resynchronise a token with two consecutive codes. This verifies nobody."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        if token.enrolment is None or not challenges.resync(token.enrolment, first, second, context=actor.context):
            raise Unneeded(
                _(
                    "These are not two new codes in a row of this token. Check its serial number, "
                    "and ask for the next two."
                )
            )
        label = _label(token)
        record(audit_events.SUPPORT_TOKEN_RESYNCHRONISED, person, actor, label=label, token=token.ref)
        notify(person, "token_resynchronised", actor, label=label)
    return Result(_("%(label)s is in step again.") % {"label": label})


def _token_of(person: User, token_ref: str) -> HardwareToken:
    found = next((token for token in hardware_tokens.of_person(person.pk) if token.ref == token_ref), None)
    if found is None:
        raise Unneeded(_("They do not have this token any more."))
    return found


def _label(token: HardwareToken) -> str:
    return _("Token %(hint)s") % {"hint": token.hint}
