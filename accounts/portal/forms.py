"""What a person types in the portal."""

from django import forms
from django.utils.translation import gettext_lazy as _


class NameForm(forms.Form):
    """A person's own name for a thing of theirs."""

    name = forms.CharField(
        label=_("Your name for it"),
        max_length=64,
        required=False,
        help_text=_("Such as “work phone”. Leave it empty to show none."),
    )
