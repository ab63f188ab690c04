"""Forms of the portal."""

import ipaddress
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts import conf
from accounts.app_passwords import kinds_of_apps
from verification.inputs import LineField
from verification.lazy_text import LazyText


class NameForm(forms.Form):
    """A user's own name for something, such as a method."""

    name = LineField(
        label=_("Your name for it"),
        max_length=64,
        required=False,
        help_text=_("For example “work phone”. Leave it empty if you don’t need a name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_on_another_device = forms.BooleanField(
        label=_("This app isn’t on my phone"),
        required=False,
        help_text=_("Then it’s a backup if you lose your phone."),
    )

    def __init__(self, *args: Any, may_be_elsewhere: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_elsewhere:
            del self.fields["is_on_another_device"]


def _new_password_hint() -> str:
    words = _("At least %(n)d characters. Use several words that only you would put together.")
    return words % {"n": conf.password_min_length()}


class NewPasswordForm(forms.Form):
    """A new password, checked by the configured validators."""

    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=4096,
        help_text=lazy(_new_password_hint, str)(),
        error_messages={"required": _("Enter a new password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PasswordChangeForm(NewPasswordForm):
    """The current password and the new one."""

    field_order = ["password", "new_password"]
    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=4096,
        error_messages={"required": _("Enter your current password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ResetForm(forms.Form):
    """The user whose password is to be reset."""

    name = LineField(
        label=_("Username or email address"),
        max_length=254,
        error_messages={"required": _("Enter your username or email address.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


@cache
def _places() -> tuple[str, ...]:
    """Return the time zones that are named after places, cached: reading them opens hundreds of files."""
    names = (name for name in available_timezones() if "/" in name and not name.startswith(("posix/", "right/")))
    return ("UTC", *sorted(names))


def _zones() -> list[tuple[str, LazyText]]:
    return [("", _("Same as the organisation")), *((zone, zone.replace("_", " ")) for zone in _places())]


class ProfileForm(forms.Form):
    """Language and time zone."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("Use browser setting")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]  # there is nothing to choose


class AppPasswordForm(forms.Form):
    """The kind of app, the name and the restrictions of a new app password."""

    program = forms.ChoiceField(
        label=_("What is it for?"),
        choices=lambda: [(program.key, program.label) for program in kinds_of_apps.PROGRAMS.values()],
        help_text=_("It works in this kind of app only."),
    )
    name = LineField(
        label=_("Name"),
        max_length=64,
        help_text=_("Name it after the device, for example “old laptop”, so that you know later which one to delete."),
        error_messages={"required": _("Enter a name.")},
    )
    network = forms.CharField(
        label=_("Only from this network"),
        max_length=50,
        required=False,
        help_text=_("An address or a range, for example 192.0.2.0/24. Leave it empty to allow any network."),
    )
    days = forms.IntegerField(
        label=_("Expires after (days)"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_("Leave it empty if it should work until you delete it."),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Enter a number of days from 1 to 3650.")
        ),
    )

    def clean_network(self) -> str:
        text: str = self.cleaned_data["network"].strip()
        if not text:
            return ""
        try:
            return str(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise forms.ValidationError(_("Enter a network, for example 192.0.2.0/24 or 2001:db8::/64.")) from error

    def fields_of_issue(self, now: datetime) -> dict[str, Any]:
        """Return the keyword arguments for `app_passwords.issue`."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "program": self.cleaned_data["program"],
            "network": self.cleaned_data["network"],
            "ends_at": now + timedelta(days=days) if days else None,
        }
