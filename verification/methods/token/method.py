"""Hardware token of the organisation: codes by counter (HOTP) or by time (TOTP). Source: RFC 4226, RFC 6238."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.inputs import digits
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Resynchronised, Stocked
from verification.otp import look_ahead_and_resynchronisation, time_steps_and_clock_drift
from verification.otp.hardware_token_codes import Scheme

_IDENTIFIER_LENGTH = 12  # letters and digits. Source: OATH Token Identifier Specification 1.0, 3


class TokenForm(forms.Form):
    """Which of the tokens that are assigned to the person."""

    serial = forms.CharField(
        label=_("Serial number"),
        max_length=64,
        help_text=_("It’s printed on the back of the token."),
        error_messages={"required": _("Enter the serial number.")},
    )


class Token(Stocked, Resynchronised):
    name = "token"
    icon = "token"
    label = _("Hardware token")
    explain = _("Enter the code that your token shows.")
    code_label = _("Code from your token")
    if_refused = _("Correct code refused? Enter two codes here, one right after the other, to adjust the token.")
    rank = 2
    not_assigned = _("No token with this number is assigned to you. Check the number, or contact your support desk.")
    code_lengths = frozenset({6, 7, 8, 12, 14, 16})  # two codes in a row as well
    form_class = TokenForm
    form_lead = _("Enter the serial number of your token. Then we ask for a code that it shows.")
    address_field = "serial"
    causes = MappingProxyType(
        {
            look_ahead_and_resynchronisation.AHEAD: (
                _("Your token is ahead of us"),
                _("Its button was pressed without a sign-in. Press it again and enter the next code."),
            )
        }
    )

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Return the name of the assigned token that is activated; its secret came with the import."""
        return Draft(address=digits.plain(fields["serial"]).strip().upper())

    def read(self, text: str) -> str:
        """Leave out the identifier that some tokens, such as a YubiKey, type before the code."""
        read = super().read(text)
        named, code = read[:_IDENTIFIER_LENGTH], read[_IDENTIFIER_LENGTH:]
        return code if code.isdecimal() and not named.isdecimal() else read

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        """Check a code, or two in a row, by the token's own scheme."""
        scheme = Scheme.read(challenge.data)
        code_at = partial(scheme.code, challenge.secret)
        # A token's steps need not begin in 1970; what judges clocks reckons from where they do.
        challenge = replace(challenge, now=challenge.now - timedelta(seconds=scheme.start))
        if len(answer) == 2 * scheme.digits:
            first, second = answer[: scheme.digits], answer[scheme.digits :]
            return look_ahead_and_resynchronisation.both(
                code_at, challenge, first, second, seconds=0 if scheme.is_counted else scheme.step
            )
        if scheme.is_counted:
            return look_ahead_and_resynchronisation.by_counter(code_at, challenge, answer)
        return time_steps_and_clock_drift.check(code_at, challenge, answer, seconds=scheme.step)

    def resynchronise(self, challenge: ChallengeData, first: str, second: str) -> Check:
        return self.check(challenge, self.read(f"{first} {second}"))


method = Token()
