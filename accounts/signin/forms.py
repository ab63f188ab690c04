"""The form for signing in. Its page and that of the code write their fields as HTML: widgets took a fifth of a page."""

from django import forms
from django.utils.translation import gettext_lazy as _

# The same for a username that nobody has.
INCORRECT_PASSWORD = _("Incorrect username or password. Check both and try again.")


class PasswordForm(forms.Form):
    """Username and password."""

    username = forms.CharField(max_length=150, error_messages={"required": _("Enter your username.")})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": _("Enter your password.")})
