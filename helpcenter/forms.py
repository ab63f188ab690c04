"""What a reader types in the help centre."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FeedbackForm(forms.Form):
    """Whether an article helped."""

    has_helped = forms.TypedChoiceField(
        label=_("Was this helpful?"),
        choices=(("yes", _("Yes")), ("no", _("No"))),
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Say yes or no.")},
    )
    text = forms.CharField(
        label=_("What was missing, or wrong?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TellForm(forms.Form):
    """A few words to company support."""

    text = forms.CharField(
        label=_("What happened, and what did you want to do?"),
        max_length=2000,
        help_text=_("No passwords and no codes, please: nobody needs them to help you."),
        error_messages={"required": _("Tell us in a few words.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
