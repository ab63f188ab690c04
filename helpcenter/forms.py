"""Forms of the help centre."""

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.inputs import LineField, WordsField


class FeedbackForm(forms.Form):
    """Whether an article helped."""

    has_helped = forms.TypedChoiceField(
        label=_("Was this helpful?"),
        choices=(("yes", _("Yes")), ("no", _("No"))),
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose Yes or No.")},
    )
    text = WordsField(
        label=_("What was missing or wrong?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TellForm(forms.Form):
    """A message to the support desk."""

    text = WordsField(
        label=_("What were you doing, and what happened?"),
        max_length=2000,
        help_text=_("Don’t include passwords or codes. We don’t need them to help you."),
        error_messages={"required": _("Enter a short description.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class StrangerForm(TellForm):
    """A message from someone who cannot sign in: who they are and how to reach them. Neither is looked up."""

    field_order = ["name", "contact", "text"]
    name = LineField(label=_("Your name"), max_length=100, error_messages={"required": _("Enter your name.")})
    contact = LineField(
        label=_("Phone number or email address"),
        max_length=200,
        help_text=_("One that you can use now, so that we can reach you."),
        error_messages={"required": _("Enter a phone number or email address where we can reach you.")},
    )
