"""Support actions on hardware tokens: assign, take back, resynchronise."""

from datetime import datetime
from typing import cast

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
)
from verification import enrolments, hardware_token_stock
from verification.inputs import LineField
from verification.models import HardwareToken


def assign_token(person: User, actor: Actor, *, serial: str) -> ActionResult:
    """Assign a token from the stock to a user, who then activates it with a code."""
    with transaction.atomic():
        token = hardware_token_stock.named(serial)
        if token is None:
            raise Unneeded(
                _("No token has this serial number. Check it, or import the maker’s file first."), field="serial"
            )
        if token.enrolment is not None and token.enrolment.user_id == person.pk:
            raise Unneeded(_("They already have this token."), field="serial")
        if not token.is_good(actor.context.now):
            raise Unneeded(_("The maker’s file says that this token isn’t valid now."), field="serial")
        try:
            hardware_token_stock.assign(token, person, actor.context, actor_id=actor.staff.pk)
        except hardware_token_stock.NotInStock:
            why = _("This token is assigned to someone else, or it is retired.")
            raise Unneeded(why, field="serial") from None
        except hardware_token_stock.Damaged:
            why = _("We can’t read this token’s secret any more. Import the maker’s file again.")
            raise Unneeded(why, field="serial") from None
        except enrolments.NotInstalled:
            raise Unneeded(_("Your organisation doesn’t use hardware tokens any more.")) from None
        label = _label(token)
        record(support_action_audit_events.SUPPORT_TOKEN_ASSIGNED, person, actor, label=label, token=token.ref)
        notify(person, support_action_audit_events.SUPPORT_TOKEN_ASSIGNED, actor, label=label)
    return ActionResult(_("%(label)s is assigned. They activate it with a code from the token.") % {"label": label})


class SerialForm(ActionForm):
    """Choose a token from the stock."""

    field_order = ["serial", "reason", "ticket"]
    serial = LineField(
        label=gettext_lazy("Serial number"),
        max_length=64,
        help_text=gettext_lazy("Printed on the back of the token."),
        error_messages={"required": gettext_lazy("Enter the serial number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


ASSIGN_TOKEN = declare(
    Action(
        name="assign_token",
        label=gettext_lazy("Assign a hardware token"),
        explain=gettext_lazy("Give them a token from the stock. They activate it with its code."),
        icon="token",
        topic=ActionTopic.ACCOUNT,
        permission="assign_token",
        form_class=SerialForm,
        effect=Effect.TRIES,
        run=assign_token,
        preview=action_preview.lines(
            gettext_lazy("It works after they’ve signed in with another method and activated it with its code.")
        ),
        supports_bulk=False,
    )
)


def take_token_back(person: User, actor: Actor, *, token_ref: str, is_worn: bool) -> ActionResult:
    """Take a token back from a user, into the stock, or retire it if lost or broken. The user's sessions end."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        label = _label(token)
        enrolments.lock_person_and_methods(person)
        notify(person, support_action_audit_events.SUPPORT_TOKEN_TAKEN_BACK, actor, label=label)
        if not hardware_token_stock.take_back(token, actor.context, actor_id=actor.staff.pk):
            raise Unneeded(_("They no longer have this token."))
        if is_worn:
            hardware_token_stock.retire(
                token, actor.context, actor_id=actor.staff.pk, reason=actor.reason, ticket=actor.ticket
            )
        ended = end_access(person)
        record(
            support_action_audit_events.SUPPORT_TOKEN_TAKEN_BACK,
            person,
            actor,
            label=label,
            token=token.ref,
            is_retired=is_worn,
            **ended,
        )
    words = _("%(label)s is retired.") if is_worn else _("%(label)s is back in stock.")
    return ActionResult(words % {"label": label})


class AssignedTokenForm(ActionForm):
    """Choose one of the user's tokens."""

    field_order = ["token_ref", "reason", "ticket"]
    token_ref = forms.ChoiceField(
        label=gettext_lazy("Token"),
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"required": gettext_lazy("Choose a token.")},
    )

    def offer(self, person: User, *, now: datetime) -> None:
        mine = hardware_token_stock.of_person(person.pk)
        field = cast("forms.ChoiceField", self.fields["token_ref"])
        field.choices = [(token.ref, f"{token.serial} {token.name}".strip()) for token in mine]
        field.help_text = "" if mine else gettext_lazy("They have no hardware token.")
        if len(mine) == 1:
            self.initial.setdefault("token_ref", mine[0].ref)


class TakeBackForm(AssignedTokenForm):
    """What happens to a token that is taken back."""

    field_order = ["token_ref", "is_worn", "reason", "ticket"]
    is_worn = forms.BooleanField(
        label=gettext_lazy("Retire it, because it is lost or broken"),
        required=False,
        help_text=gettext_lazy("Otherwise it goes back into the stock."),
    )


TAKE_TOKEN_BACK = declare(
    Action(
        name="take_token_back",
        label=gettext_lazy("Take back a hardware token"),
        explain=gettext_lazy("Return it to the stock, or retire it if it is lost or broken."),
        icon="remove",
        topic=ActionTopic.LOSS,
        permission="assign_token",
        form_class=TakeBackForm,
        effect=Effect.ENDS,
        run=take_token_back,
        preview=lambda impact: [_("They can no longer sign in with its codes."), *action_preview.ended_access(impact)],
        applies=lambda impact: impact.n_tokens > 0,
        requires_caller_check=True,
        supports_bulk=False,
        is_destructive=True,
    )
)


def resync_token(person: User, actor: Actor, *, token_ref: str, first: str, second: str) -> ActionResult:
    """Resynchronise a token with two consecutive codes. This verifies nobody."""
    with transaction.atomic():
        token = _token_of(person, token_ref)
        if token.enrolment is None or not enrolments.resync(token.enrolment, first, second, context=actor.context):
            raise Unneeded(
                _(
                    "These aren’t two new codes in a row from this token. Check its serial number, "
                    "then ask for the next two codes."
                ),
                field="first",
            )
        label = _label(token)
        record(support_action_audit_events.SUPPORT_TOKEN_RESYNCHRONISED, person, actor, label=label, token=token.ref)
        notify(person, support_action_audit_events.SUPPORT_TOKEN_RESYNCHRONISED, actor, label=label)
    return ActionResult(_("%(label)s is resynchronised.") % {"label": label})


class ResyncForm(AssignedTokenForm):
    """Two consecutive codes of a token."""

    field_order = ["token_ref", "first", "second", "reason", "ticket"]
    first = forms.CharField(
        label=gettext_lazy("First code"),
        max_length=32,
        help_text=gettext_lazy("Ask them to read the code that the token shows now."),
        error_messages={"required": gettext_lazy("Enter the first code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    second = forms.CharField(
        label=gettext_lazy("Second code"),
        max_length=32,
        help_text=gettext_lazy("The next code: they press the button again, or wait until it changes."),
        error_messages={"required": gettext_lazy("Enter the second code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


RESYNC_TOKEN = declare(
    Action(
        name="resync_token",
        label=gettext_lazy("Resynchronise a hardware token"),
        explain=gettext_lazy("If the codes of their token are refused: enter two codes in a row."),
        icon="clock",
        topic=ActionTopic.SIGN_IN,
        permission="resync_token",
        form_class=ResyncForm,
        effect=Effect.TRIES,
        run=resync_token,
        preview=action_preview.lines(gettext_lazy("Uses up both codes. Nobody is signed in.")),
        applies=lambda impact: impact.n_tokens > 0,
        supports_bulk=False,
        can_wait=False,
    )
)


def _token_of(person: User, token_ref: str) -> HardwareToken:
    found = next((token for token in hardware_token_stock.of_person(person.pk) if token.ref == token_ref), None)
    if found is None:
        raise Unneeded(_("They no longer have this token."), field="token_ref")
    return found


def _label(token: HardwareToken) -> str:
    return _("Token %(hint)s") % {"hint": token.hint}
