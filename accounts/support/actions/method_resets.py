"""Support actions on methods: clear settings, report a lost phone, remove one method, send a test message."""

from datetime import datetime
from typing import ClassVar, cast

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import app_passwords
from accounts.models import User
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
    unless_nothing,
)
from accounts.support.actions.action_preview import ActionImpact
from verification import challenges, enrolments, method_registry, outcomes, policies
from verification.models import Purpose
from verification.models.random_row_handles import new_handle


def clear_settings(person: User, actor: Actor, *, app_passwords_too: bool = False) -> ActionResult:
    """Remove all methods, so that the next sign-in asks to register again. Sessions and remembered browsers end."""
    with transaction.atomic():
        enrolments.lock_person_and_methods(person)
        notify(
            person, support_action_audit_events.SUPPORT_SETTINGS_CLEARED, actor
        )  # first, so that the old phone also gets the notice
        gone = enrolments.clear(person)
        n_gone = app_passwords.clear(person) if app_passwords_too else 0
        ended = end_access(person)
        unless_nothing(_("They have nothing to clear."), gone, n_gone, *ended.values())
        record(
            support_action_audit_events.SUPPORT_SETTINGS_CLEARED,
            person,
            actor,
            methods=gone,
            n_app_passwords=n_gone,
            **ended,
        )
    words = ngettext("%(n)d method was removed.", "%(n)d methods were removed.", len(gone)) % {"n": len(gone)}
    return ActionResult(f"{words} {_('They set up new ones at their next sign-in.')}")


def _cleared(impact: ActionImpact) -> list[str]:
    return [
        *(action_preview.removed_methods(impact) or [_("They have no methods to remove.")]),
        *action_preview.ended_access(impact),
        _("They set up new methods at their next sign-in."),
    ]


class ClearForm(ActionForm):
    """What to remove besides the methods. Sessions and remembered browsers always end."""

    app_passwords_too = forms.BooleanField(
        label=gettext_lazy("Delete their app passwords as well"), required=False, initial=True
    )


CLEAR_SETTINGS = declare(
    Action(
        name="clear_settings",
        label=gettext_lazy("Clear settings"),
        explain=gettext_lazy("Remove all their methods. They set up new ones at their next sign-in."),
        icon="remove",
        topic=ActionTopic.LOSS,
        permission="clear_settings",
        form_class=ClearForm,
        run=clear_settings,
        preview=_cleared,
        requires_caller_check=True,
        is_destructive=True,
    )
)


def phone_lost(person: User, actor: Actor) -> ActionResult:
    """Do everything a lost phone requires: remove methods and app passwords, forget browsers, end sessions."""
    with transaction.atomic():
        enrolments.lock_person_and_methods(person)
        notify(person, support_action_audit_events.SUPPORT_PHONE_LOST, actor)
        gone = enrolments.clear(person)
        n_gone = app_passwords.clear(person)
        ended = end_access(person)
        unless_nothing(_("They have nothing left to remove."), gone, n_gone, *ended.values())
        record(
            support_action_audit_events.SUPPORT_PHONE_LOST, person, actor, methods=gone, n_app_passwords=n_gone, **ended
        )
    return ActionResult(
        _("Methods, app passwords, browsers and sessions are removed. Issue a pass so they can sign in again.")
    )


PHONE_LOST = declare(
    Action(
        name="phone_lost",
        label=gettext_lazy("Report a lost phone"),
        explain=gettext_lazy("Remove methods, app passwords, remembered browsers and sessions in one step."),
        icon="phone",
        topic=ActionTopic.LOSS,
        permission="clear_settings",
        run=phone_lost,
        preview=lambda impact: [
            *action_preview.removed_methods(impact),
            *action_preview.deleted_app_passwords(impact.n_app_passwords),
            *action_preview.ended_access(impact),
            _("They set up new methods at their next sign-in."),
        ],
        requires_caller_check=True,
        is_destructive=True,
    )
)


def reset_device(person: User, actor: Actor, *, ref: str) -> ActionResult:
    """Remove one method of a user, and with it other methods with the same number."""
    with transaction.atomic():
        found = enrolments.by_ref(person.pk, ref)
        if found is None:
            raise Unneeded(_("This method was removed already."), field="ref")
        label = enrolments.label(found)
        enrolments.lock_person_and_methods(person)
        notify(person, support_action_audit_events.SUPPORT_DEVICE_RESET, actor, label=label)
        gone = enrolments.clear(person, only=found)
        record(support_action_audit_events.SUPPORT_DEVICE_RESET, person, actor, methods=gone, **end_access(person))
    return ActionResult(_("%(label)s was removed.") % {"label": label})


class MethodForm(ActionForm):
    """Choose one of the user's methods."""

    field_order = ["ref", "reason", "ticket"]
    only_numbers: ClassVar[bool] = False
    ref = forms.ChoiceField(
        label=gettext_lazy("Method"),
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"required": gettext_lazy("Choose a method.")},
    )

    def offer(self, person: User, *, now: datetime) -> None:
        mine = enrolments.options(enrolments.confirmed(person.pk), tuple(method_registry.methods()), now=now)
        chosen = [(each.ref, each.label) for each in mine if each.needs_delivery or not self.only_numbers]
        field = cast("forms.ChoiceField", self.fields["ref"])
        field.choices = chosen
        field.help_text = "" if chosen else gettext_lazy("They have no method to choose.")


RESET_DEVICE = declare(
    Action(
        name="reset_device",
        label=gettext_lazy("Remove one method"),
        explain=gettext_lazy("Remove one phone, app, passkey or token. Their other methods stay."),
        icon="totp",
        topic=ActionTopic.LOSS,
        permission="reset_device",
        form_class=MethodForm,
        run=reset_device,
        preview=lambda impact: [
            _("Removes the method that you choose, and other methods with the same number."),
            *action_preview.ended_access(impact),
        ],
        applies=lambda impact: bool(impact.labels),
        requires_caller_check=True,
        supports_bulk=False,
        is_destructive=True,
    )
)


def try_message(person: User, actor: Actor, *, ref: str) -> ActionResult:
    """Send a test text or call to a verified number. The case page shows whether it arrived."""
    found = enrolments.by_ref(person.pk, ref)
    if found is None:
        raise Unneeded(_("This method was removed already."), field="ref")
    label = enrolments.label(found)

    def keep(outcome: outcomes.Outcome) -> None:
        if outcome.issued:
            record(support_action_audit_events.SUPPORT_MESSAGE_TRIED, person, actor, method=found.method, label=label)

    outcome = challenges.start(
        found,
        user=person,
        purpose=Purpose.SELF_TEST,
        binding=new_handle(),
        context=actor.context,
        rules=policies.rules_for(person.pk),
        also=keep,
    )
    if not outcome.issued:
        why = outcomes.words(outcome, now=actor.context.now)
        raise Unneeded(_("Nothing was sent. %(why)s.") % {"why": why.title}, field="ref")
    return ActionResult(_("Test message sent to %(label)s. This page shows whether it arrives.") % {"label": label})


class MessageMethodForm(MethodForm):
    """Choose one of the user's methods that can receive a message."""

    only_numbers = True


TRY_MESSAGE = declare(
    Action(
        name="try_message",
        label=gettext_lazy("Send a test message"),
        explain=gettext_lazy("Text or call one of their numbers. The case then shows whether it arrives."),
        icon="send",
        topic=ActionTopic.SIGN_IN,
        permission="resend_message",
        form_class=MessageMethodForm,
        effect=Effect.TRIES,
        run=try_message,
        preview=action_preview.lines(gettext_lazy("The code in it can’t be used to sign in.")),
        applies=lambda impact: impact.n_numbers > 0,
        supports_bulk=False,
        notifies_person=False,
        sends_code=True,
    )
)
