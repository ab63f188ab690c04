"""The form that creates an app password: kind of app, name, network and expiry."""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.app_passwords import kinds_of_apps, limits
from verification.inputs import LineField


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
        max_value=limits.MAX_DAYS,
        required=False,
        help_text=_("Leave it empty if it should work until you delete it."),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            format_lazy(_("Enter a number of days from 1 to {most}."), most=limits.MAX_DAYS),
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
