"""Six digits from a hardware token that the organisation handed out. Source: RFC 6238, steps of 30 or 60 s."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP

from verification import digits, drift
from verification.method import Ask, Check, Draft, Issue, Method


class TokenForm(forms.Form):
    """Which of the tokens that are assigned to the person."""

    serial = forms.CharField(
        label=_("Serial number"),
        max_length=64,
        help_text=_("It is printed on the back of the token."),
        error_messages={"required": _("Type the serial number.")},
    )


class Token(Method):
    name = "token"
    icon = "token"
    label = _("Hardware token")
    explain = _("Type the code that your token shows.")
    strength = 2
    address_kind = "serial"
    is_assigned = True
    form_class = TokenForm

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Name the assigned token that is activated; its secret came with the import."""
        return Draft(address=digits.plain(fields["serial"]).strip().upper())

    def issue(self, ask: Ask) -> Issue:
        return Issue()

    def check(self, ask: Ask, answer: str) -> Check:
        seconds = int(ask.data.get("step", 30))

        def code_at(step: int) -> str:
            arithmetic = TOTP(ask.secret, seconds)
            arithmetic.time = step * seconds
            return f"{arithmetic.token():06d}"

        return drift.check(code_at, ask, answer, seconds=seconds)


method = Token()
