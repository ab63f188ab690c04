"""Text message (SMS) with a six-digit code. Source: NIST SP 800-63B-4, 3.1.3."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from verification import phone_numbers
from verification.keys import codes_of_texts_calls_and_emails, constant_time_comparison
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Delivered, SharesAddress
from verification.models.messages import Channel
from verification.outcomes import Verdict
from verification.phone_numbers import PhoneNumberForm

NO_TEXTS = _("This number can’t receive texts. Set up a phone call for it instead.")


class TextForm(PhoneNumberForm):
    """A number that takes texts."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and "number" in cleaned:
            cleaned["number"] = phone_numbers.for_texts(cleaned["number"])
            if not phone_numbers.takes_texts(cleaned["number"]):
                self.add_error("number", forms.ValidationError(NO_TEXTS, code="no_texts"))
        return cleaned


class Text(Delivered, SharesAddress):
    name = "text"
    icon = "text"
    label = _("Text message")
    explain = format_lazy(_("We text you a code with {n} digits."), n=codes_of_texts_calls_and_emails.DIGITS)
    caution = _("Less secure: someone who takes over your number gets your codes.")
    kind = Channel.TEXT
    address_kind = "phone"
    amr = "sms"
    amr_label = _("text")
    form_class = TextForm
    address_field = "number"

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        number = fields["number"]
        return Draft(address=number, hint=phone_numbers.mask(number))

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue(kind=Channel.TEXT, template="verification/methods/text/message.txt")

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        return Check(verdict=Verdict.PROVEN if constant_time_comparison.same(answer, challenge.code) else Verdict.WRONG)

    def accepts(self, draft: Draft) -> bool:
        return phone_numbers.is_mobile(draft.address) and not draft.data.get("extension")


method = Text()
