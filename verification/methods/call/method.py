"""Phone call: approved by keying two digits from the page and #, or reading a code aloud. 0# reports fraud.

Source: NIST SP 800-63B-4, 3.1.3 (a bare approval is no proof: the digits tie the phone to the page).
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from verification import phone_numbers
from verification.keys import constant_time_comparison
from verification.method_base import ChallengeData, Check, Draft, Issue, Mode
from verification.method_capabilities import KeyedOnPhone, SharesAddress
from verification.methods.call import key_presses
from verification.methods.call.key_presses import APPROVE, CODE, PRESS
from verification.models.messages import Channel
from verification.outcomes import Verdict
from verification.phone_numbers import PhoneNumberForm


class CallForm(PhoneNumberForm):
    """A number that can be called, an office phone with its extension as well."""

    extension = forms.CharField(
        label=_("Extension"),
        max_length=40,
        required=False,
        help_text=_("Only for an office phone with an extension."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-extension"}),
    )

    def clean_extension(self) -> str:
        typed: str = self.cleaned_data["extension"]
        try:
            return phone_numbers.extension(typed) if typed else ""
        except phone_numbers.Impossible as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class Call(KeyedOnPhone, SharesAddress):
    name = "call"
    icon = "call"
    label = _("Phone call")
    explain = _("We call you. You enter 2 digits on the phone and press #.")
    caution = _("Less secure: someone who takes over your number gets your calls.")
    kind = Channel.CALL
    address_kind = "phone"
    amr = "tel"
    amr_label = _("phone call")
    sent_page = "verification/methods/call/calling.html"
    resend_label = _("Call me again")
    resent = (_("We’re calling you again"), _("Answer this call. Earlier calls no longer count."))
    continue_label = _("I pressed #, continue")
    not_approved = (
        _("Not approved yet"),
        _("Answer the call and follow its instructions. This page then continues automatically."),
    )
    form_class = CallForm
    address_field = "number"
    modes = (
        Mode(APPROVE, _("Call me and let me approve on the phone"), gives_code=False),
        Mode(CODE, _("Call me and read a code to me")),
    )

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        number, extension = fields["number"], fields.get("extension", "")
        hint = phone_numbers.mask(number) + (f" ext. {extension}" if extension else "")
        return Draft(address=number, hint=hint, data={"extension": extension} if extension else {})

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue(
            kind=Channel.CALL,
            template="verification/methods/call/spoken_greeting_and_instructions.txt",
            fields={"extension": str(challenge.data.get("extension", ""))},
            is_approval=challenge.mode != CODE,
            page="verification/methods/call/prompt.html" if challenge.mode != CODE else "",
            match_code=challenge.match_code if challenge.mode == APPROVE else "",
        )

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        right = challenge.mode == CODE and constant_time_comparison.same(answer, challenge.code)
        return Check(verdict=Verdict.PROVEN if right else Verdict.WRONG)

    def check_keys(self, challenge: ChallengeData, keys: str) -> Check:
        return key_presses.check(challenge, keys)

    def without_number_matching(self, mode: str) -> str:
        return PRESS if mode == APPROVE else mode

    def accepts(self, draft: Draft) -> bool:
        return True


method = Call()
