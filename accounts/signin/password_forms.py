"""The forms with username and password, with a new password, and of a request to reset a password."""

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts import conf
from accounts.models import User
from verification.inputs import LineField


class PasswordForm(forms.Form):
    """Username and password. Its page writes the fields as HTML: form fields took a quarter of its time."""

    username = forms.CharField(max_length=150, error_messages={"required": _("Enter your username.")})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": _("Enter your password.")})


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


class ResetForm(forms.Form):
    """The user whose password is to be reset."""

    name = LineField(
        label=_("Username or email address"),
        max_length=254,
        error_messages={"required": _("Enter your username or email address.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
