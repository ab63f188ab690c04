"""What a person types while signing in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class PasswordForm(forms.Form):
    """Name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        error_messages={"required": _("Type your user name.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        error_messages={"required": _("Type your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """A code, and whether to ask again on this browser."""

    code = forms.CharField(label=_("Code"), max_length=64, error_messages={"required": _("Type the code.")})
    remember = forms.BooleanField(required=False)

    def __init__(self, *args: Any, remember_days: int, digits: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric" if digits else "text"
        self.fields["remember"].label = ngettext(
            "Don’t ask again on this browser for %(n)d day",
            "Don’t ask again on this browser for %(n)d days",
            remember_days,
        ) % {"n": remember_days}
        if not remember_days:
            del self.fields["remember"]
