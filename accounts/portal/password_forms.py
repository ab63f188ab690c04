"""The forms of passwords: a new one, a change of one's own, and a reset by an emailed link."""

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts import conf
from accounts.models import User
from verification.inputs import LineField


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


def accepts_password(form: NewPasswordForm, user: User) -> bool:
    """Return whether a new password is good enough for a user; otherwise say in the form what is wrong with it."""
    try:
        password_validation.validate_password(form.cleaned_data["new_password"], user)
    except ValidationError as error:
        form.add_error("new_password", error)
        return False
    return True


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
