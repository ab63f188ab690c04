"""Support actions that close or open an account: block, unlock, bypass once, second step, new password."""

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

_SAME = timedelta(minutes=1)  # an end within this time of the existing one counts as the same


FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # a permanent block


def bypass_once(person: User, actor: Actor, *, life: timedelta) -> Result:
    """Let a user sign in once with the password alone, within a short time. Never for staff."""
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
    """Refuse all of a user's sign-ins for some days, or until they are unblocked if `days` is None."""
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
    """Let a blocked user sign in again."""
    with transaction.atomic():
        rows = User.objects.filter(pk=person.pk, blocked_until__gt=actor.context.now)
        if not rows.update(blocked_until=None, blocked_reason=""):
            raise Unneeded(_("They are not blocked."))
        record(audit_events.SUPPORT_PERSON_UNBLOCKED, person, actor)
        notify(person, "unblocked", actor)
    return Result(_("They can sign in again."))


def unlock(person: User, actor: Actor) -> Result:
    """Lift all delays and locks of a user without a reset, so that their methods work again.

    It does not lift the stop after too many wrong codes over all methods: those methods must be set up again.
    """
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(second_step_locked_at=None)
        limits.unlock(person.pk)
        limits.forget_passwords(person.username)
        record(audit_events.SUPPORT_PERSON_UNLOCKED, person, actor)
        notify(person, "unlocked", actor)
    return Result(_("All waits and locks are lifted."))


def reset_wrong_codes(person: User, actor: Actor) -> Result:
    """Reset a user's count of wrong codes, once every method that could be guessed has been set up again."""
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
    """Set a user's state: no second step, register at the next sign-in, or always the second step.

    Sessions and remembered browsers end, because they were opened under the former state.
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
    """Require a user to choose a new password after the next sign-in, before anything else.

    Sessions and remembered browsers end, and app passwords as well if policy says so.
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
