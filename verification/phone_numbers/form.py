"""The form in which a person types a phone number: country, national or international number."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PrefixChoiceField

from verification import conf, phone_numbers
from verification.phone_numbers import countries


def _home() -> str:
    return conf.home_region()


class PhoneNumberForm(forms.Form):
    """A number that can take a text or call. `cleaned_data["number"]` is E.164."""

    country = PrefixChoiceField(label=_("Country"), initial=_home, choices=countries.choices)
    number = forms.CharField(
        label=_("Phone number"),
        max_length=100,  # so that an extension in words, or a second number, gets an answer of its own
        help_text=_("As you dial it in that country, or with + and the country code."),
        error_messages={"required": _("Enter the phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel-national", "inputmode": "tel"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "number" not in cleaned:
            return cleaned
        try:
            number = phone_numbers.parse(cleaned["number"], cleaned.get("country") or "")
            self._keep_extension(cleaned, number.extension)
        except phone_numbers.Impossible as error:
            self.add_error("number", forms.ValidationError(str(error), code=error.code))
            return cleaned
        cleaned["number"] = number.e164
        if why := phone_numbers.refusal(number.e164):
            self.add_error("number", forms.ValidationError(why, code="unfit"))
        return cleaned

    def _keep_extension(self, cleaned: dict[str, Any], found: str) -> None:
        """Put an extension that was typed behind the number into its field. Errors: `Impossible`."""
        if not found:
            return
        if "extension" not in self.fields:
            words = _("A text can’t reach an extension. Enter the number without it, or set up a phone call.")
            raise phone_numbers.Impossible(str(words), "has_extension")
        if cleaned.get("extension", found) not in ("", found):
            words = _("There’s one extension after the number and another one below. Keep one.")
            raise phone_numbers.Impossible(str(words), "two_extensions")
        cleaned["extension"] = found
