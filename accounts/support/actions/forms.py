"""Forms of the support actions: always a reason and a ticket, plus what the action needs."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import SecondStep, User
from accounts.support.staff_roles import groups_of_staff
from verification import enrolments, hardware_tokens, registry
from verification.inputs.fields import LineField

_PASS_LIVES = (
    (10, _("10 minutes")),
    (60, _("1 hour")),
    (480, _("8 hours")),
    (1_440, _("1 day")),
    (10_080, _("7 days")),
    (43_200, _("30 days")),
)

_ROLES = {
    "Support desk": _("find, verify and help people"),
    "Senior support": _("also block people, give one-time bypasses, and approve requests"),
    "Operators": _("deliveries, routes, outages and costs"),
    "Auditors": _("read the audit log and the reports"),
    "Administrators": _("everything, with policies, imports and roles"),
}


class ActionForm(forms.Form):
    """Base form: why the action is done. `options` are the further arguments of the action's function."""

    reason = LineField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Say in a few words why you do this. Colleagues and auditors read it."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ticket = forms.RegexField(
        r"^[\w#./:-]+$",
        label=_("Ticket number"),
        max_length=40,
        help_text=_("The ticket of the person’s request, such as INC-4711."),
        error_messages={
            "required": _("Enter the ticket number."),
            "invalid": _("Use letters, digits and # . / : - only, with no spaces."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def offer(self, person: User, *, now: datetime) -> None:
        """Set the choices that depend on the user, if the action needs any."""

    def options(self) -> dict[str, Any]:
        """Return the action's arguments, as plain values that can be stored in a request."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"reason", "ticket"}}


class ClearForm(ActionForm):
    """What to remove besides the methods. Sessions and remembered browsers always end."""

    app_passwords_too = forms.BooleanField(label=_("Delete their app passwords as well"), required=False, initial=True)


class MethodForm(ActionForm):
    """Choose one of the user's methods."""

    field_order = ["ref", "reason", "ticket"]
    only_numbers: ClassVar[bool] = False
    ref = forms.ChoiceField(
        label=_("Method"),
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"required": _("Choose a method.")},
    )

    def offer(self, person: User, *, now: datetime) -> None:
        mine = enrolments.options(enrolments.confirmed(person.pk), tuple(registry.methods()), now=now)
        chosen = [(each.ref, each.label) for each in mine if each.needs_delivery or not self.only_numbers]
        field = cast("forms.ChoiceField", self.fields["ref"])
        field.choices = chosen
        field.help_text = "" if chosen else _("They have no method to choose.")


class NumberForm(MethodForm):
    """Choose one of the user's methods that can receive a message."""

    only_numbers = True


class PassForm(ActionForm):
    """Length and lifetime of a pass, and whether it works only once."""

    field_order = ["life", "once", "length", "starts_at", "reason", "ticket"]
    life = forms.TypedChoiceField(label=_("Valid for"), choices=_PASS_LIVES, coerce=int, initial=60)
    once = forms.BooleanField(
        label=_("Valid for one sign-in only"),
        required=False,
        help_text=_("Safer. Otherwise they can use the pass again until it expires."),
    )
    length = forms.IntegerField(
        label=_("Length in characters"),
        min_value=8,
        max_value=48,
        initial=8,
        error_messages={
            "min_value": _("Use at least 8 characters."),
            "max_value": _("Use at most 48 characters."),
        },
    )
    starts_at = forms.DateTimeField(
        label=_("Starts at"),
        required=False,
        help_text=_("Leave this empty to start now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_starts_at(self) -> datetime | None:
        begins: datetime | None = self.cleaned_data["starts_at"]
        if begins and begins < timezone.now() - timedelta(minutes=1):
            raise forms.ValidationError(
                _("This time is in the past. Enter a later one, or leave it empty to start now.")
            )
        if begins and begins > timezone.now() + timedelta(days=30):
            raise forms.ValidationError(_("Enter a time within the next 30 days."))
        return begins

    def options(self) -> dict[str, Any]:
        kept = super().options()
        begins = kept.pop("starts_at")
        return kept | {"starts_at": begins.isoformat() if begins else ""}


class BypassForm(ActionForm):
    """How long the user has to start their one sign-in."""

    field_order = ["seconds", "reason", "ticket"]
    seconds = forms.IntegerField(
        label=_("Time to start signing in, in seconds"),
        min_value=30,
        max_value=3600,
        initial=300,
        error_messages={
            "min_value": _("Enter at least 30 seconds."),
            "max_value": _("Enter at most 3600 seconds, which is 1 hour."),
        },
    )


class BlockForm(ActionForm):
    """How long the user is blocked."""

    field_order = ["days", "reason", "ticket"]
    days = forms.TypedChoiceField(
        label=_("Block"),
        choices=((90, _("for 90 days")), (0, _("until someone unblocks them"))),
        coerce=int,
        initial=90,
        widget=forms.RadioSelect,
    )


class StateForm(ActionForm):
    """What is required of the user from now on."""

    field_order = ["state", "reason", "ticket"]
    state = forms.ChoiceField(
        label=_("Second step"),
        choices=(
            (SecondStep.ENFORCED, _("enforced: they always need it")),
            (SecondStep.ENABLED, _("enabled: they set up a method at their next sign-in")),
            (SecondStep.DISABLED, _("disabled: they sign in with their password only")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a state.")},
    )


class RolesForm(ActionForm):
    """The user's roles as staff."""

    field_order = ["roles", "reason", "ticket"]
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They’ll have exactly these roles. Without a role they lose their staff access."),
    )

    def offer(self, person: User, *, now: datetime) -> None:
        names = list(groups_of_staff().order_by("pk").values_list("name", flat=True))
        known = [(name, format_lazy("{}: {}", name, _ROLES[name]) if name in _ROLES else name) for name in names]
        cast("forms.MultipleChoiceField", self.fields["roles"]).choices = known
        self.initial["roles"] = list(groups_of_staff().filter(user=person).values_list("name", flat=True))


class SerialForm(ActionForm):
    """Choose a token from the stock."""

    field_order = ["serial", "reason", "ticket"]
    serial = LineField(
        label=_("Serial number"),
        max_length=64,
        help_text=_("Printed on the back of the token."),
        error_messages={"required": _("Enter the serial number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class TokenForm(ActionForm):
    """Choose one of the user's tokens."""

    field_order = ["token_ref", "reason", "ticket"]
    token_ref = forms.ChoiceField(
        label=_("Token"),
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"required": _("Choose a token.")},
    )

    def offer(self, person: User, *, now: datetime) -> None:
        mine = hardware_tokens.of_person(person.pk)
        field = cast("forms.ChoiceField", self.fields["token_ref"])
        field.choices = [(token.ref, f"{token.serial} {token.name}".strip()) for token in mine]
        field.help_text = "" if mine else _("They have no hardware token.")
        if len(mine) == 1:
            self.initial.setdefault("token_ref", mine[0].ref)


class TakeBackForm(TokenForm):
    """What happens to a token that is taken back."""

    field_order = ["token_ref", "is_worn", "reason", "ticket"]
    is_worn = forms.BooleanField(
        label=_("Retire it, because it is lost or broken"),
        required=False,
        help_text=_("Otherwise it goes back into the stock."),
    )


class ResyncForm(TokenForm):
    """Two consecutive codes of a token."""

    field_order = ["token_ref", "first", "second", "reason", "ticket"]
    first = forms.CharField(
        label=_("First code"),
        max_length=32,
        help_text=_("Ask them to read the code that the token shows now."),
        error_messages={"required": _("Enter the first code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    second = forms.CharField(
        label=_("Second code"),
        max_length=32,
        help_text=_("The next code: they press the button again, or wait until it changes."),
        error_messages={"required": _("Enter the second code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class CallBackForm(forms.Form):
    """How staff identified the person they called back."""

    note = LineField(
        label=_("How did you verify the caller?"),
        max_length=200,
        help_text=_("Say where you found the number, such as “personnel file”. Don’t enter the number itself."),
        error_messages={"required": _("Say how you verified the caller.")},
    )

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if sum(sign.isdigit() for sign in note) > 5:
            raise forms.ValidationError(_("Remove the phone number. This note stays in the audit log permanently."))
        return note
