"""The form for a person's own name of a method."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.inputs import LineField


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
