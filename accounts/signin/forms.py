"""The form with username and password. Its page writes the fields as HTML: form fields took a quarter of its time."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PasswordForm(forms.Form):
    """Username and password."""

    username = forms.CharField(max_length=150, error_messages={"required": _("Enter your username.")})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": _("Enter your password.")})
