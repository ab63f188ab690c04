"""What support does for a person, one function a deed. Who may, and after what, was decided before: see `orders`.

Each is one transaction: lock, change, record with reason and ticket, tell the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import app_passwords
from accounts.models import SecondStep, Session, User
from accounts.support.actions import rights
from accounts.support.actions.rights import Refusal
from accounts.support.roles import groups_of_staff, rights_of
from verification import audit, browsers, challenges, enrolments, hardware_tokens, limits, notices, policies, registry
from verification.context import Context
from verification.db import row_locks
from verification.models import AppPasswordsEnd, HardwareToken, Purpose
from verification.models.handles import new_handle

_SAME = timedelta(minutes=1)  # what would end within so long of what is there is the same
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # a block without an end


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Who of the staff acts, from where, and why. `caller` says how the caller was verified, `approver` who agreed."""

    staff: User
    context: Context
    reason: str
    ticket: str
    caller: str = ""
    approver: int | None = None


@dataclass(frozen=True)
class Done:
    """What a deed changed, in words for the staff. `secret` is shown once and kept nowhere."""

    words: str
    secret: str = ""


class Unneeded(Exception):
    """There was nothing to do, for instance because somebody else did it just before. The message says so."""


def _record(kind: str, person: User, deed: Deed, **detail: Any) -> None:
    audit.record(
        kind,
        user_id=person.pk,
        context=deed.context,
        actor_id=deed.staff.pk,
        reason=deed.reason,
        ticket=deed.ticket,
        caller=deed.caller,
        approver=deed.approver,
        **detail,
    )


def _tell(person: User, notice: str, deed: Deed, **values: str) -> None:
    staff = deed.staff.get_full_name()
    values |= {"staff": staff, "ticket": deed.ticket}
    notices.tell(
        person, f"support_{notice}", now=deed.context.now, context=Context(now=deed.context.now), until=None, **values
    )


def _close(person: User) -> dict[str, int]:
    """Forget a person's browsers and end their sign-ins; counts both for the record."""
    return {"n_browsers": browsers.forget(person), "n_sessions": _end_sessions(person)}


def _end_sessions(person: User) -> int:
    return row_locks.in_order(Session.objects.filter(user=person)).delete()[0]


def _unless_nothing(words: str, *counts: object) -> None:
    """Undo an action that found nothing to do, for instance because somebody else did it just before."""
    if not any(counts):
        raise Unneeded(words)


# What was set up ------------------------------------------------------------------------------------------------


def clear_settings(person: User, deed: Deed, *, app_passwords_too: bool = False) -> Done:
    """Remove every method, so that the next sign-in asks to register again. Sign-ins and remembered browsers end."""
    with transaction.atomic():
        enrolments.hold_all(person)
        _tell(person, "settings_cleared", deed)  # first, so that the former phone hears of it as well
        gone = enrolments.clear(person, deed.context)
        n_gone = app_passwords.clear(person) if app_passwords_too else 0
        closed = _close(person)
        _unless_nothing(_("There is nothing to clear."), gone, n_gone, *closed.values())
        _record("support.settings_cleared", person, deed, methods=gone, n_app_passwords=n_gone, **closed)
    words = ngettext("%(n)d method was removed.", "%(n)d methods were removed.", len(gone)) % {"n": len(gone)}
    return Done(f"{words} {_('The next sign-in asks to register again.')}")


def phone_lost(person: User, deed: Deed) -> Done:
    """Do all that a lost phone calls for: clear the settings, delete the app passwords, forget and end everything."""
    with transaction.atomic():
        enrolments.hold_all(person)
        _tell(person, "phone_lost", deed)
        gone = enrolments.clear(person, deed.context)
        n_gone = app_passwords.clear(person)
        closed = _close(person)
        _unless_nothing(_("There is nothing left to end."), gone, n_gone, *closed.values())
        _record("support.phone_lost", person, deed, methods=gone, n_app_passwords=n_gone, **closed)
    return Done(
        _("Methods, app passwords, remembered browsers and sign-ins are gone. Issue a pass to let them in again.")
    )


def reset_device(person: User, deed: Deed, *, ref: str) -> Done:
    """Remove one method of a person, and with it the other methods of the same number."""
    with transaction.atomic():
        found = enrolments.of_person(person.pk, ref)
        if found is None:
            raise Unneeded(_("This method is gone already."))
        label = enrolments.label(found)
        enrolments.hold_all(person)
        _tell(person, "device_reset", deed, label=label)
        gone = enrolments.clear(person, deed.context, only=found)
        _record("support.device_reset", person, deed, methods=gone, **_close(person))
    return Done(_("%(label)s was removed.") % {"label": label})


# What opens beside it -------------------------------------------------------------------------------------------


def delete_app_passwords(person: User, deed: Deed) -> Done:
    """Delete all app passwords of a person: the programs are refused at their next request."""
    with transaction.atomic():
        _tell(person, "app_passwords_deleted", deed)
        n_gone = app_passwords.clear(person)
        _unless_nothing(_("They have no app password."), n_gone)
        _record("support.app_passwords_deleted", person, deed, n_app_passwords=n_gone)
    return Done(
        ngettext("%(n)d app password was deleted.", "%(n)d app passwords were deleted.", n_gone) % {"n": n_gone}
    )


def forget_browsers(person: User, deed: Deed) -> Done:
    """Forget the browsers that are remembered for a person."""
    with transaction.atomic():
        _tell(person, "browsers_forgotten", deed)
        n_gone = browsers.forget(person)
        _unless_nothing(_("No browser is remembered."), n_gone)
        _record("support.browsers_forgotten", person, deed, n_browsers=n_gone)
    return Done(ngettext("%(n)d browser was forgotten.", "%(n)d browsers were forgotten.", n_gone) % {"n": n_gone})


def end_sessions(person: User, deed: Deed) -> Done:
    """End the sign-ins of a person everywhere. Remembered browsers stay."""
    with transaction.atomic():
        _tell(person, "sessions_ended", deed)
        n_gone = _end_sessions(person)
        _unless_nothing(_("They are signed in nowhere."), n_gone)
        _record("support.sessions_ended", person, deed, n_sessions=n_gone)
    return Done(ngettext("%(n)d sign-in was ended.", "%(n)d sign-ins were ended.", n_gone) % {"n": n_gone})


# Ways in --------------------------------------------------------------------------------------------------------


def issue_pass(
    person: User, deed: Deed, *, length: int, life: timedelta, once: bool, starts_at: datetime | None = None
) -> Done:
    """Hand out a Temporary Access Pass, shown once; an older one dies.

    Units: `life` 10 minutes to 30 days from the start.
    """
    begins = max(starts_at or deed.context.now, deed.context.now)
    ends = begins + life
    with transaction.atomic():
        secret = enrolments.hand_out(
            person,
            next(name for name, method in registry.methods().items() if method.is_temporary),
            {"length": length, "once": once},
            deed.context,
            starts_at=begins,
            ends_at=ends,
            actor_id=deed.staff.pk,
        )
        _record("support.pass_issued", person, deed, starts_at=begins.isoformat(), ends_at=ends.isoformat(), once=once)
        _tell(person, "pass_issued", deed)
    return Done(_("The pass is good now.") if begins == deed.context.now else _("The pass begins later."), secret)


def bypass_once(person: User, deed: Deed, *, life: timedelta) -> Done:
    """Let a person sign in once by the password alone, from now and for a short while. Staff are asked always."""
    if person.is_staff:
        raise Unneeded(_("Staff are always asked for the second step. Issue a pass instead."))
    with transaction.atomic():
        until = deed.context.now + life
        lasting = Q(bypass_until__gt=deed.context.now, bypass_until__gte=until - _SAME)
        if not User.objects.filter(pk=person.pk).exclude(lasting).update(bypass_until=until):
            raise Unneeded(_("They can sign in once already, for as long as that."))
        _record("support.bypass_given", person, deed, seconds=int(life.total_seconds()))
        _tell(person, "bypass_given", deed)
    return Done(
        _("They can sign in once without the second step, if they begin within %(n)d seconds.")
        % {"n": int(life.total_seconds())}
    )


# Closing and opening --------------------------------------------------------------------------------------------


def block(person: User, deed: Deed, *, days: int | None = 90) -> Done:
    """Refuse every sign-in of a person for some days, or until unblocked when there are none."""
    until = FOREVER if days is None else deed.context.now + timedelta(days=days)
    with transaction.atomic():
        others = User.objects.filter(pk=person.pk).exclude(blocked_until__range=(until - _SAME, until))
        if not others.update(blocked_until=until, blocked_reason=deed.reason[:200], bypass_until=None):
            raise Unneeded(_("They are blocked for as long as that already."))
        _tell(person, "blocked", deed)
        enrolments.raise_epoch(person)
        _record("support.person_blocked", person, deed, days=days, **_close(person))
    return Done(
        _("Blocked until somebody unblocks them.") if days is None else _("Blocked for %(n)d days.") % {"n": days}
    )


def unblock(person: User, deed: Deed) -> Done:
    """Let a blocked person sign in again."""
    with transaction.atomic():
        rows = User.objects.filter(pk=person.pk, blocked_until__gt=deed.context.now)
        if not rows.update(blocked_until=None, blocked_reason=""):
            raise Unneeded(_("They are not blocked."))
        _record("support.person_unblocked", person, deed)
        _tell(person, "unblocked", deed)
    return Done(_("They can sign in again."))


def unlock(person: User, deed: Deed) -> Done:
    """End every wait and lock of a person without a reset: what they set up works again.

    Not the stop after too many wrong codes of all methods: what was guessed at so often is set up again.
    """
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(second_step_locked_at=None)
        limits.switch_on(person.pk)
        limits.forget_passwords(person.username)
        _record("support.person_unlocked", person, deed)
        _tell(person, "unlocked", deed)
    return Done(_("All waits and locks are lifted."))


def reset_wrong_codes(person: User, deed: Deed) -> Done:
    """Reset the count of a person's wrong codes, once all that could be guessed is set up again."""
    with transaction.atomic():
        found = limits.wrong_codes(person.pk, now=deed.context.now)
        if not found.n and not found.stopped_at:
            raise Unneeded(_("No wrong code is counted."))
        if not enrolments.is_rebound(person.pk, since=found.stopped_at or found.last_at):
            raise Unneeded(
                _(
                    "They still have what was guessed at. Clear their settings or reset the methods first, so that "
                    "they are set up again."
                )
            )
        limits.forget_wrong_codes(person.pk)
        _record("support.wrong_codes_reset", person, deed, n=found.n)
        _tell(person, "wrong_codes_reset", deed)
    return Done(_("The count was reset."))


def set_state(person: User, deed: Deed, *, state: str) -> Done:
    """Set what is asked of a person: nothing, to register at the next sign-in, or the second step always.

    Sign-ins and remembered browsers end: what opened under one state opens nothing under another.
    """
    if person.is_staff and state == SecondStep.DISABLED:
        raise Unneeded(_("The second step cannot be switched off for staff."))
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk).exclude(second_step=state).update(second_step=state):
            raise Unneeded(_("It is set so already."))
        enrolments.raise_epoch(person)
        _record("support.state_set", person, deed, state=str(state), **_close(person))
        _tell(person, "state_set", deed, state=str(SecondStep(state).label))
    return Done(_("The second step is now %(state)s.") % {"state": SecondStep(state).label})


def give_roles(person: User, deed: Deed, *, roles: Sequence[str]) -> Done:
    """Make a person one of the staff with exactly these roles; with none they are staff no more. Sign-ins end.

    Nobody gives a role that may more than they do themselves, or that helps people whom they may not help.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        wanted, former = set(groups_of_staff().filter(name__in=roles)), set(groups_of_staff().filter(user=person))
        if len(wanted) < len(set(roles)):
            raise Unneeded(_("One of these roles is gone. Look at the list again."))
        if wanted == former and person.is_staff == bool(wanted or person.is_superuser):
            raise Unneeded(_("It is so already."))
        if not deed.staff.is_superuser and not rights_of(wanted | former) <= deed.staff.get_all_permissions():
            raise Unneeded(_("This role may more than you. Ask somebody who has it."))
        if wanted and rights.reaches_further(deed.staff, {*person.groups.all()} - former | wanted):
            raise Unneeded(rights.words(Refusal.WIDER_SCOPE))
        person.groups.remove(*former - wanted)
        person.groups.add(*wanted - former)
        names = settle_roles(person, deed, former=sorted(group.name for group in former))
    if not names:
        return Done(_("They are staff no more."))
    return Done(_("They are staff now: %(roles)s.") % {"roles": ", ".join(names)})


def settle_roles(person: User, deed: Deed, *, former: Sequence[str]) -> list[str]:
    """Make a person staff or not, as the groups they are in now say; end their sign-ins, record it and tell them.

    Inside the transaction that changed the groups, which holds the person. Returns the names of their roles.
    """
    names = sorted(groups_of_staff().filter(user=person).values_list("name", flat=True))
    if names and not person.is_staff:
        _end_handouts(person)
    person.is_staff = bool(names) or person.is_superuser
    if person.is_staff and person.second_step == SecondStep.DISABLED:
        person.second_step = SecondStep.ENABLED  # staff are always asked
    person.save(update_fields=["is_staff", "second_step", "bypass_until"])
    enrolments.raise_epoch(person)
    _record("support.roles_given", person, deed, roles=names, former=list(former), **_close(person))
    _tell(person, "roles_given", deed, roles=", ".join(names))
    return names


def _end_handouts(person: User) -> None:
    """End what one alone may hand out to people who are not staff, and nobody alone to those who are."""
    enrolments.drop_temporary(person)
    person.bypass_until = None


def require_password(person: User, deed: Deed) -> Done:
    """Have a person choose a new password after the next sign-in, before anything else.

    Sign-ins and remembered browsers end, and app passwords where policy says so.
    """
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk, must_change_password=False).update(must_change_password=True):
            raise Unneeded(_("It is asked for already."))
        enrolments.raise_epoch(person)
        ends = app_passwords.end_with(person, AppPasswordsEnd.REPLACED)
        n_gone = app_passwords.clear(person) if ends else 0
        _record("support.password_required", person, deed, n_app_passwords=n_gone, **_close(person))
        _tell(person, "password_required", deed)
    return Done(_("The next sign-in asks for a new password."))


# Trying out -----------------------------------------------------------------------------------------------------


def try_message(person: User, deed: Deed, *, ref: str) -> Done:
    """Send a trial text or call to a number that the person proved. What became of it is seen on the case page."""
    found = enrolments.of_person(person.pk, ref)
    if found is None:
        raise Unneeded(_("This method is gone."))
    rules = policies.rules_for(person.pk)
    outcome = challenges.start(
        found, user=person, purpose=Purpose.SELF_TEST, binding=new_handle(), context=deed.context, rules=rules
    )
    label = enrolments.label(found)
    if not outcome.issued:
        raise Unneeded(_("Nothing was sent: too many messages went to this person or number just now."))
    with transaction.atomic():
        _record("support.message_tried", person, deed, method=found.method, label=label)
    return Done(_("A trial goes to %(label)s. This page shows what became of it.") % {"label": label})


# Hardware tokens ------------------------------------------------------------------------------------------------


def assign_token(person: User, deed: Deed, *, serial: str) -> Done:
    """Hand a token of the stock to a person: it waits until they activate it with its code."""
    with transaction.atomic():
        token = hardware_tokens.named(serial)
        if token is None:
            raise Unneeded(_("There is no token of this serial number. Bring the maker’s file in first."))
        if token.enrolment is not None and token.enrolment.user_id == person.pk:
            raise Unneeded(_("They have this token already."))
        if not token.is_good(deed.context.now):
            raise Unneeded(_("Its maker says that it is not to be used now."))
        try:
            hardware_tokens.assign(token, person, deed.context, actor_id=deed.staff.pk)
        except hardware_tokens.NotInStock:
            raise Unneeded(_("Somebody else has this token, or it is retired.")) from None
        except hardware_tokens.Damaged:
            raise Unneeded(_("Its secret cannot be read any more. Bring the maker’s file in again.")) from None
        label = _label(token)
        _record("support.token_assigned", person, deed, label=label, token=token.ref)
        _tell(person, "token_assigned", deed, label=label)
    return Done(_("%(label)s waits for them. They activate it with its code.") % {"label": label})


def take_token_back(person: User, deed: Deed, *, token_ref: str, is_worn: bool) -> Done:
    """Take a token back from a person: into the stock, or out of use when it is lost or broken. Their sign-ins end."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        label = _label(token)
        enrolments.hold_all(person)
        _tell(person, "token_taken_back", deed, label=label)
        if not hardware_tokens.take_back(token, deed.context, actor_id=deed.staff.pk):
            raise Unneeded(_("They do not have this token any more."))
        if is_worn:
            hardware_tokens.retire(token, deed.context, actor_id=deed.staff.pk, reason=deed.reason, ticket=deed.ticket)
        closed = _close(person)
        _record("support.token_taken_back", person, deed, label=label, token=token.ref, is_retired=is_worn, **closed)
    words = _("%(label)s is retired.") if is_worn else _("%(label)s is in the stock again.")
    return Done(words % {"label": label})


def resync_token(person: User, deed: Deed, *, token_ref: str, first: str, second: str) -> Done:
    """Set a token right that is out of step, by two of its codes in a row. It opens nothing."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        if token.enrolment is None or not challenges.resync(token.enrolment, first, second, context=deed.context):
            raise Unneeded(
                _(
                    "These are not two new codes in a row of this token. Check its serial number, "
                    "and ask for the next two."
                )
            )
        label = _label(token)
        _record("support.token_resynchronised", person, deed, label=label, token=token.ref)
        _tell(person, "token_resynchronised", deed, label=label)
    return Done(_("%(label)s is in step again.") % {"label": label})


def _token_of(person: User, token_ref: str) -> HardwareToken:
    found = next((token for token in hardware_tokens.of_person(person.pk) if token.ref == token_ref), None)
    if found is None:
        raise Unneeded(_("They do not have this token any more."))
    return found


def _label(token: HardwareToken) -> str:
    return _("Token %(hint)s") % {"hint": token.hint}
