"""Support actions on signing in: lock, unlock, block, one-time bypass, second step, new password."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import app_passwords
from accounts.models import SecondStep, User
from accounts.support import support_action_audit_events
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionForm,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    Unneeded,
    declare,
    end_access,
    notify,
    record,
)
from accounts.support.actions.action_preview import ActionImpact
from verification import enrolments, limits
from verification.models import AppPasswordsEnd

_MIN_EXTENSION = timedelta(minutes=1)  # an end within this time of the existing one counts as the same
_MIN_BYPASS_SECONDS, _MAX_BYPASS_SECONDS = 30, 3600
_BLOCK_DAYS = 90  # of a block that isn't permanent
_FOR_DAYS = format_lazy(gettext_lazy("For {n} days"), n=_BLOCK_DAYS)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # a permanent block


def bypass_once(person: User, actor: Actor, *, life: timedelta) -> ActionResult:
    """Let a user sign in once with the password alone, within a short time. Never for staff."""
    if person.is_staff:
        raise Unneeded(_("Staff always need the second step. Issue a Temporary Access Pass instead."))
    with transaction.atomic():
        until = actor.context.now + life
        lasting = Q(bypass_until__gt=actor.context.now, bypass_until__gte=until - _MIN_EXTENSION)
        if not User.objects.filter(pk=person.pk).exclude(lasting).update(bypass_until=until):
            raise Unneeded(_("They already have a one-time bypass that lasts at least as long."), field="seconds")
        record(support_action_audit_events.SUPPORT_BYPASS_GIVEN, person, actor, seconds=int(life.total_seconds()))
        notify(person, support_action_audit_events.SUPPORT_BYPASS_GIVEN, actor)
    return ActionResult(
        ngettext(
            "They can sign in once with the password only. They must start within %(n)d second.",
            "They can sign in once with the password only. They must start within %(n)d seconds.",
            int(life.total_seconds()),
        )
        % {"n": int(life.total_seconds())}
    )


class BypassForm(ActionForm):
    """How long the user has to start their one sign-in."""

    field_order = ["seconds", "reason", "ticket"]
    seconds = forms.IntegerField(
        label=gettext_lazy("Time to start signing in, in seconds"),
        min_value=_MIN_BYPASS_SECONDS,
        max_value=_MAX_BYPASS_SECONDS,
        initial=300,
        error_messages={
            "min_value": format_lazy(gettext_lazy("Enter at least {n} seconds."), n=_MIN_BYPASS_SECONDS),
            "max_value": format_lazy(gettext_lazy("Enter at most {n} seconds."), n=_MAX_BYPASS_SECONDS),
        },
    )


BYPASS_ONCE = declare(
    Action(
        name="bypass_once",
        label=gettext_lazy("Give a one-time bypass"),
        explain=gettext_lazy("They sign in once with the password only, if they start within minutes."),
        icon="clock",
        topic=ActionTopic.SIGN_IN,
        permission="bypass_once",
        form_class=BypassForm,
        run=lambda person, actor, seconds: bypass_once(person, actor, life=timedelta(seconds=seconds)),
        preview=action_preview.lines(
            gettext_lazy("They sign in once with the password only, and can’t change their methods then.")
        ),
        applies=lambda impact: not (impact.is_staff or impact.is_blocked),
        requires_caller_check=True,
        supports_bulk=False,
    )
)


def lock(person: User, actor: Actor) -> ActionResult:
    """Refuse all of a user's sign-ins until they are unlocked. Their app passwords still work."""
    with transaction.atomic():
        rows = User.objects.filter(pk=person.pk, second_step_locked_at=None)
        if not rows.update(second_step_locked_at=actor.context.now, bypass_until=None):
            raise Unneeded(_("They are already locked."))
        notify(person, support_action_audit_events.SUPPORT_PERSON_LOCKED, actor)
        enrolments.raise_epoch(person, why="locked")
        record(support_action_audit_events.SUPPORT_PERSON_LOCKED, person, actor, **end_access(person))
    return ActionResult(_("Nobody can sign in as them until someone unlocks them."))


def _locked(impact: ActionImpact) -> list[str]:
    n = impact.n_app_passwords
    words = ngettext(
        "%(n)d app password still works. Delete it if someone else may have it.",
        "%(n)d app passwords still work. Delete them if someone else may have them.",
        n,
    )
    return [
        _("Refuses every sign-in until someone unlocks them."),
        *action_preview.ended_access(impact),
        *([words % {"n": n}] if n else []),
    ]


LOCK = declare(
    Action(
        name="lock",
        label=gettext_lazy("Lock"),
        explain=gettext_lazy("Stop every sign-in right away, until someone unlocks them."),
        icon="lock",
        topic=ActionTopic.ACCOUNT,
        permission="unlock_person",
        effect=Effect.ENDS,
        run=lock,
        preview=_locked,
        applies=lambda impact: not impact.is_locked,
        is_destructive=True,
    )
)


def block(person: User, actor: Actor, *, days: int | None = 90) -> ActionResult:
    """Refuse all of a user's sign-ins for some days, or until they are unblocked if `days` is None."""
    until = FOREVER if days is None else actor.context.now + timedelta(days=days)
    with transaction.atomic():
        others = User.objects.filter(pk=person.pk).exclude(blocked_until__gte=until - _MIN_EXTENSION)
        if not others.update(blocked_until=until, blocked_reason=actor.reason[:200], bypass_until=None):
            raise Unneeded(_("They are already blocked for at least that long."), field="days")
        notify(person, support_action_audit_events.SUPPORT_PERSON_BLOCKED, actor)
        enrolments.raise_epoch(person, why="blocked")
        record(support_action_audit_events.SUPPORT_PERSON_BLOCKED, person, actor, days=days, **end_access(person))
    return ActionResult(
        _("Blocked until someone unblocks them.")
        if days is None
        else ngettext("Blocked for %(n)d day.", "Blocked for %(n)d days.", days) % {"n": days}
    )


class BlockForm(ActionForm):
    """How long the user is blocked."""

    field_order = ["days", "reason", "ticket"]
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long"),
        choices=((_BLOCK_DAYS, _FOR_DAYS), (0, gettext_lazy("Until someone unblocks them"))),
        coerce=int,
        initial=_BLOCK_DAYS,
        widget=forms.RadioSelect,
    )


BLOCK = declare(
    Action(
        name="block",
        label=gettext_lazy("Block"),
        explain=format_lazy(
            gettext_lazy("Refuse every sign-in, for {n} days or until someone unblocks them."), n=_BLOCK_DAYS
        ),
        icon="bad",
        topic=ActionTopic.ACCOUNT,
        permission="block_person",
        form_class=BlockForm,
        effect=Effect.ENDS,
        run=lambda person, actor, days: block(person, actor, days=days or None),
        preview=lambda impact: [
            _("Refuses every sign-in and every app password."),
            *action_preview.ended_access(impact),
        ],
        is_destructive=True,
    )
)


def unblock(person: User, actor: Actor) -> ActionResult:
    """Let a blocked user sign in again."""
    with transaction.atomic():
        rows = User.objects.filter(pk=person.pk, blocked_until__gt=actor.context.now)
        if not rows.update(blocked_until=None, blocked_reason=""):
            raise Unneeded(_("They aren’t blocked."))
        record(support_action_audit_events.SUPPORT_PERSON_UNBLOCKED, person, actor)
        notify(person, support_action_audit_events.SUPPORT_PERSON_UNBLOCKED, actor)
    return ActionResult(_("They can sign in again."))


UNBLOCK = declare(
    Action(
        name="unblock",
        label=gettext_lazy("Unblock"),
        explain=gettext_lazy("Let them sign in again. Their methods stay as they are."),
        icon="check",
        topic=ActionTopic.SIGN_IN,
        permission="block_person",
        run=unblock,
        preview=action_preview.lines(gettext_lazy("They can sign in again right away.")),
        applies=lambda impact: impact.is_blocked,
        requires_caller_check=True,
    )
)


def unlock(person: User, actor: Actor) -> ActionResult:
    """Lift all delays and locks of a user without a reset, so that their methods work again.

    It does not end the stop after too many incorrect codes over all methods: those methods must be set up again.
    """
    is_stopped = limits.wrong_codes(person.pk, now=actor.context.now).stopped_at is not None
    if is_stopped and not action_preview.of_person(person, now=actor.context.now).locks:
        raise Unneeded(
            _("Too many incorrect codes within %(n)d days locked their methods. Clear their settings to end that.")
            % {"n": limits.WRONG_CODES_PERIOD.days}
        )
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(second_step_locked_at=None)
        limits.unlock(person.pk)
        limits.forget_passwords(person.username)
        if is_stopped:
            record(support_action_audit_events.SUPPORT_WAITS_REMOVED, person, actor)
            notify(person, support_action_audit_events.SUPPORT_WAITS_REMOVED, actor)
            return ActionResult(
                _(
                    "The waits are removed, and any lock of the account. Now clear their settings: too many incorrect "
                    "codes locked their methods."
                )
            )
        record(support_action_audit_events.SUPPORT_PERSON_UNLOCKED, person, actor)
        notify(person, support_action_audit_events.SUPPORT_PERSON_UNLOCKED, actor)
    return ActionResult(_("All waits and locks are removed. Their methods work again."))


UNLOCK = declare(
    Action(
        name="unlock",
        label=gettext_lazy("Unlock"),
        explain=gettext_lazy(
            "End waits and locks, for example after incorrect codes or a fraud report. Their methods stay."
        ),
        icon="key",
        topic=ActionTopic.SIGN_IN,
        permission="unlock_person",
        run=unlock,
        preview=lambda impact: [
            *impact.locks,
            _("Their methods stay locked: too many incorrect codes. Clear their settings afterwards.")
            if impact.is_stopped
            else _("All their methods work again right away."),
        ],
        applies=lambda impact: bool(impact.locks),
        requires_caller_check=True,
    )
)


def reset_wrong_codes(person: User, actor: Actor) -> ActionResult:
    """Reset a user's count of incorrect codes, once every method that could be guessed has been set up again."""
    with transaction.atomic():
        found = limits.wrong_codes(person.pk, now=actor.context.now)
        if not found.n and not found.stopped_at:
            raise Unneeded(_("No incorrect codes are counted."))
        if not enrolments.is_rebound(person.pk, since=found.stopped_at or found.last_at):
            raise Unneeded(
                _(
                    "The methods that someone tried to guess are still set up. Clear their settings or remove those "
                    "methods first, so that they set them up again."
                )
            )
        limits.reset_wrong_codes(person.pk)
        record(support_action_audit_events.SUPPORT_WRONG_CODES_RESET, person, actor, n=found.n)
        notify(person, support_action_audit_events.SUPPORT_WRONG_CODES_RESET, actor)
    return ActionResult(_("The count of incorrect codes is 0 again."))


RESET_WRONG_CODES = declare(
    Action(
        name="reset_wrong_codes",
        label=gettext_lazy("Reset the count of incorrect codes"),
        explain=format_lazy(
            gettext_lazy("Start the count of {n} days at 0 again, after they have set up their methods again."),
            n=limits.WRONG_CODES_PERIOD.days,
        ),
        icon="key",
        topic=ActionTopic.SIGN_IN,
        permission="unlock_person",
        run=reset_wrong_codes,
        preview=action_preview.lines(gettext_lazy("Earlier incorrect codes no longer count.")),
        applies=lambda impact: impact.n_wrong_codes > 0,
        requires_caller_check=True,
        supports_bulk=False,
    )
)


def set_state(person: User, actor: Actor, *, state: str) -> ActionResult:
    """Set a user's state: no second step, register at the next sign-in, or always the second step.

    Sessions and remembered browsers end, because they were opened under the former state.
    """
    if person.is_staff and state == SecondStep.DISABLED:
        raise Unneeded(_("Staff always need the second step. It can’t be disabled for them."), field="state")
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk).exclude(second_step=state).update(second_step=state):
            raise Unneeded(_("No change: the second step is already set to this."), field="state")
        enrolments.raise_epoch(person)
        record(support_action_audit_events.SUPPORT_STATE_SET, person, actor, state=str(state), **end_access(person))
        notify(person, support_action_audit_events.SUPPORT_STATE_SET, actor, state=str(SecondStep(state).label))
    return ActionResult(_("The second step is now %(state)s.") % {"state": SecondStep(state).label})


class StateForm(ActionForm):
    """What is required of the user from now on."""

    field_order = ["state", "reason", "ticket"]
    state = forms.ChoiceField(
        label=gettext_lazy("Second step"),
        choices=(
            (SecondStep.ENFORCED, gettext_lazy("enforced: they always need it")),
            (SecondStep.ENABLED, gettext_lazy("enabled: they set up a method at their next sign-in")),
            (SecondStep.DISABLED, gettext_lazy("disabled: they sign in with their password only")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a state.")},
    )


SET_STATE = declare(
    Action(
        name="set_state",
        label=gettext_lazy("Change the second step"),
        explain=gettext_lazy("Choose whether they need the second step: enforced, enabled or disabled."),
        icon="shield",
        topic=ActionTopic.ACCOUNT,
        permission="set_state",
        form_class=StateForm,
        run=set_state,
        preview=lambda impact: [*action_preview.ended_access(impact), _("It applies from their next sign-in.")],
        requires_caller_check=True,
    )
)


def require_password(person: User, actor: Actor) -> ActionResult:
    """Require a user to choose a new password after the next sign-in, before anything else.

    Sessions and remembered browsers end, and app passwords as well if policy says so.
    """
    if not person.has_password_here:
        raise Unneeded(_("Their directory checks their password. It can only be changed there."))
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk, must_change_password=False).update(must_change_password=True):
            raise Unneeded(_("No change: they already have to choose a new password."))
        enrolments.raise_epoch(person)
        ends = app_passwords.end_with(person, AppPasswordsEnd.REPLACED)
        n_gone = app_passwords.clear(person) if ends else 0
        record(
            support_action_audit_events.SUPPORT_PASSWORD_REQUIRED,
            person,
            actor,
            n_app_passwords=n_gone,
            **end_access(person),
        )
        notify(person, support_action_audit_events.SUPPORT_PASSWORD_REQUIRED, actor)
    return ActionResult(_("They choose a new password at their next sign-in."))


REQUIRE_PASSWORD = declare(
    Action(
        name="require_password",
        label=gettext_lazy("Require a new password"),
        explain=gettext_lazy("They choose a new password at their next sign-in, before anything else."),
        icon="edit",
        topic=ActionTopic.ACCOUNT,
        permission="require_password",
        effect=Effect.ENDS,
        run=require_password,
        preview=lambda impact: [
            *action_preview.deleted_app_passwords(impact.n_app_passwords_ending),
            *action_preview.ended_access(impact),
            _("It applies from their next sign-in."),
        ],
        applies=lambda impact: not (impact.must_change_password or impact.is_of_directory),
    )
)
