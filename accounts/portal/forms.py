"""What a person types in the portal."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class NameForm(forms.Form):
    """A person's own name for a thing of theirs."""

    name = forms.CharField(
        label=_("Your name for it"),
        max_length=64,
        required=False,
        help_text=_("Such as “work phone”. Leave it empty to show none."),
    )


class NewPasswordForm(forms.Form):
    """A new password, judged by the validators of the settings."""

    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=4096,
        help_text=_("At least 12 characters. A few words that belong together only for you are best."),
        error_messages={"required": _("Type the new password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ChangeForm(NewPasswordForm):
    """The present password and the new one."""

    field_order = ["password", "new_password"]
    password = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=4096,
        error_messages={"required": _("Type your present password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ResetForm(forms.Form):
    """Whose password is to be set anew."""

    name = forms.CharField(
        label=_("User name or mail address"),
        max_length=254,
        error_messages={"required": _("Type your user name or mail address.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


def _zones() -> list[tuple[str, Any]]:
    return [("", _("As the organisation")), *((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()))]


class ProfileForm(forms.Form):
    """Language and time zone."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("As the browser asks")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones)
