"""Six digits from a hardware token that the organisation handed out. Source: RFC 6238, steps of 30 or 60 s."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP

from verification import codes, digits
from verification.method import Ask, Check, Draft, Issue, Method
from verification.outcomes import Verdict


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
        shifts = (0, -seconds, 5)
        steps = sorted({int((ask.now + timedelta(seconds=shift)).timestamp()) // seconds for shift in shifts})
        found = None
        for step in steps:
            arithmetic = TOTP(ask.secret, seconds)
            arithmetic.time = step * seconds
            if codes.same(f"{arithmetic.token():06d}", answer):
                found = step
        if found is None:
            return Check(verdict=Verdict.WRONG)
        return Check(verdict=Verdict.PROVEN if found > ask.counter else Verdict.USED, counter=found)


method = Token()
