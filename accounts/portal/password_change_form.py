"""The form that changes one's own password: the current one and a new one."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.signin.password_forms import NewPasswordForm


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
