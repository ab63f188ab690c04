"""Support actions that close and open an account: block, unlock, let in once, second step, new password."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import app_passwords
from accounts.models import SecondStep, User
from accounts.support import audit_events
from accounts.support.actions.base import Actor, Result, Unneeded, close, notify, record
from verification import enrolments, limits
from verification.models import AppPasswordsEnd

_SAME = timedelta(minutes=1)  # what would end within so long of what is there is the same


FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # a block without an end


def bypass_once(person: User, actor: Actor, *, life: timedelta) -> Result:
    """Let a person sign in once by the password alone, from now and for a short while. Staff are asked always."""
    if person.is_staff:
        raise Unneeded(_("Staff are always asked for the second step. Issue a pass instead."))
    with transaction.atomic():
        until = actor.context.now + life
        lasting = Q(bypass_until__gt=actor.context.now, bypass_until__gte=until - _SAME)
        if not User.objects.filter(pk=person.pk).exclude(lasting).update(bypass_until=until):
            raise Unneeded(_("They can sign in once already, for as long as that."))
        record(audit_events.SUPPORT_BYPASS_GIVEN, person, actor, seconds=int(life.total_seconds()))
        notify(person, "bypass_given", actor)
    return Result(
        _("They can sign in once without the second step, if they begin within %(n)d seconds.")
        % {"n": int(life.total_seconds())}
    )


def block(person: User, actor: Actor, *, days: int | None = 90) -> Result:
    """Refuse every sign-in of a person for some days, or until unblocked when there are none."""
    until = FOREVER if days is None else actor.context.now + timedelta(days=days)
    with transaction.atomic():
        others = User.objects.filter(pk=person.pk).exclude(blocked_until__range=(until - _SAME, until))
        if not others.update(blocked_until=until, blocked_reason=actor.reason[:200], bypass_until=None):
            raise Unneeded(_("They are blocked for as long as that already."))
        notify(person, "blocked", actor)
        enrolments.raise_epoch(person)
        record(audit_events.SUPPORT_PERSON_BLOCKED, person, actor, days=days, **close(person))
    return Result(
        _("Blocked until somebody unblocks them.") if days is None else _("Blocked for %(n)d days.") % {"n": days}
    )


def unblock(person: User, actor: Actor) -> Result:
    """Let a blocked person sign in again."""
    with transaction.atomic():
        rows = User.objects.filter(pk=person.pk, blocked_until__gt=actor.context.now)
        if not rows.update(blocked_until=None, blocked_reason=""):
            raise Unneeded(_("They are not blocked."))
        record(audit_events.SUPPORT_PERSON_UNBLOCKED, person, actor)
        notify(person, "unblocked", actor)
    return Result(_("They can sign in again."))


def unlock(person: User, actor: Actor) -> Result:
    """End every wait and lock of a person without a reset: what they set up works again.

    Not the stop after too many wrong codes of all methods: what was guessed at so often is set up again.
    """
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(second_step_locked_at=None)
        limits.unlock(person.pk)
        limits.forget_passwords(person.username)
        record(audit_events.SUPPORT_PERSON_UNLOCKED, person, actor)
        notify(person, "unlocked", actor)
    return Result(_("All waits and locks are lifted."))


def reset_wrong_codes(person: User, actor: Actor) -> Result:
    """Reset the count of a person's wrong codes, once all that could be guessed is set up again."""
    with transaction.atomic():
        found = limits.wrong_codes(person.pk, now=actor.context.now)
        if not found.n and not found.stopped_at:
            raise Unneeded(_("No wrong code is counted."))
        if not enrolments.is_rebound(person.pk, since=found.stopped_at or found.last_at):
            raise Unneeded(
                _(
                    "They still have what was guessed at. Clear their settings or reset the methods first, so that "
                    "they are set up again."
                )
            )
        limits.reset_wrong_codes(person.pk)
        record(audit_events.SUPPORT_WRONG_CODES_RESET, person, actor, n=found.n)
        notify(person, "wrong_codes_reset", actor)
    return Result(_("The count was reset."))


def set_state(person: User, actor: Actor, *, state: str) -> Result:
    """Set what is asked of a person: nothing, to register at the next sign-in, or the second step always.

    Sign-ins and remembered browsers end: what opened under one state opens nothing under another.
    """
    if person.is_staff and state == SecondStep.DISABLED:
        raise Unneeded(_("The second step cannot be switched off for staff."))
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk).exclude(second_step=state).update(second_step=state):
            raise Unneeded(_("It is set so already."))
        enrolments.raise_epoch(person)
        record(audit_events.SUPPORT_STATE_SET, person, actor, state=str(state), **close(person))
        notify(person, "state_set", actor, state=str(SecondStep(state).label))
    return Result(_("The second step is now %(state)s.") % {"state": SecondStep(state).label})


def require_password(person: User, actor: Actor) -> Result:
    """Have a person choose a new password after the next sign-in, before anything else.

    Sign-ins and remembered browsers end, and app passwords where policy says so.
    """
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk, must_change_password=False).update(must_change_password=True):
            raise Unneeded(_("It is asked for already."))
        enrolments.raise_epoch(person)
        ends = app_passwords.end_with(person, AppPasswordsEnd.REPLACED)
        n_gone = app_passwords.clear(person) if ends else 0
        record(audit_events.SUPPORT_PASSWORD_REQUIRED, person, actor, n_app_passwords=n_gone, **close(person))
        notify(person, "password_required", actor)
    return Result(_("The next sign-in asks for a new password."))
