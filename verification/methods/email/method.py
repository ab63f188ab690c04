"""Email: a six-digit code. Off unless a policy allows it, because email is often open on the device that signs in.

Source: NIST SP 800-63B-4, 3.1.3.1 (email is no out-of-band channel).
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from verification.keys import codes_of_texts_calls_and_emails, constant_time_comparison
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Delivered
from verification.models.messages import Channel
from verification.outcomes import Verdict


class EmailForm(forms.Form):
    """The address that codes go to."""

    address = forms.EmailField(
        label=_("Email address"),
        help_text=_("Use a mailbox that you can open without this account."),
        error_messages={
            "required": _("Enter the email address."),
            "invalid": _("Enter an email address such as ana@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


def mask(address: str) -> str:
    """Hide an email address except for its first letter and its end. Shape: `a…@example.org`."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}…@{host}"


class Email(Delivered):
    name = "email"
    icon = "mail"
    label = _("Email")
    explain = format_lazy(_("We email you a code with {n} digits."), n=codes_of_texts_calls_and_emails.DIGITS)
    caution = _("Least secure: anyone who can read your email gets your codes.")
    kind = Channel.MAIL
    is_allowed_by_default = False
    max_enrolments = 2
    form_class = EmailForm
    address_field = "address"

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(address=fields["address"], hint=mask(fields["address"]))

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue(kind=Channel.MAIL, template="verification/methods/email/message.txt")

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        return Check(verdict=Verdict.PROVEN if constant_time_comparison.same(answer, challenge.code) else Verdict.WRONG)


method = Email()
