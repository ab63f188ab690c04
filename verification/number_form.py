"""The form in which a person types a phone number: country, national or international number."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PrefixChoiceField

from verification import conf, numbers


def _home() -> str:
    return conf.home_region()


class NumberForm(forms.Form):
    """A number that can take a text or call. `cleaned_data["number"]` is E.164."""

    country = PrefixChoiceField(label=_("Country"), initial=_home)
    number = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        help_text=_("As you dial it in that country, or with + and the country code."),
        error_messages={"required": _("Type the phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel-national", "inputmode": "tel"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "number" in cleaned:
            try:
                cleaned["number"] = numbers.read(cleaned["number"], cleaned.get("country") or "")
            except numbers.Impossible as error:
                self.add_error("number", str(error))
            else:
                if numbers.is_premium(cleaned["number"]):
                    self.add_error("number", _("Codes are not sent to numbers that cost extra. Use another one."))
        return cleaned
