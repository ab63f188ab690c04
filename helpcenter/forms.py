"""Forms of the help centre."""

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.inputs.fields import LineField, WordsField


class FeedbackForm(forms.Form):
    """Whether an article helped."""

    has_helped = forms.TypedChoiceField(
        label=_("Was this helpful?"),
        choices=(("yes", _("Yes")), ("no", _("No"))),
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Say yes or no.")},
    )
    text = WordsField(
        label=_("What was missing, or wrong?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TellForm(forms.Form):
    """A message to company support."""

    text = WordsField(
        label=_("What happened, and what did you want to do?"),
        max_length=2000,
        help_text=_("No passwords and no codes, please: nobody needs them to help you."),
        error_messages={"required": _("Tell us in a few words.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class StrangerForm(TellForm):
    """A message from someone who cannot sign in: who they are and how to reach them. Neither is looked up."""

    field_order = ["name", "contact", "text"]
    name = LineField(label=_("Your name"), max_length=100, error_messages={"required": _("Tell us who you are.")})
    contact = LineField(
        label=_("How we reach you"),
        max_length=200,
        help_text=_("A phone number or mail address that you can use now."),
        error_messages={"required": _("Tell us how we reach you.")},
    )
