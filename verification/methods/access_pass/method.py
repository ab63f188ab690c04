"""Temporary Access Pass: a secret that support issues, valid for some time, once or several times.

Source: NIST SP 800-63B-4, 3.1.2 (look-up secrets), 4.2.2 (issued on account recovery).
"""

import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Temporary
from verification.outcomes import Verdict

_LOOKUP_LENGTH = 4  # characters by which a pass is found
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 characters that don't look alike


class AccessPass(Temporary):
    name = "access_pass"
    icon = "pass"
    label = _("Temporary Access Pass")
    explain = _("Enter the pass that your support desk gave you.")
    rank = 2
    code_lengths = frozenset()
    max_enrolments = 1
    min_length, max_length = 8, 48

    def fits(self, answer: str) -> bool:
        return self.min_length <= len(answer) <= self.max_length and set(answer) <= set(_ALPHABET)

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Generate a pass. `length` is its length in characters; `once` makes it valid for one sign-in only."""
        length = min(max(int(fields.get("length", self.min_length)), self.min_length), self.max_length)
        code = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        return Draft(single_use_codes=((code[:_LOOKUP_LENGTH], code),), data={"once": bool(fields.get("once"))})

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        found = challenge.find(answer[:_LOOKUP_LENGTH])
        if found is None or not check_password(answer, found.hash):
            return Check(verdict=Verdict.WRONG)
        if found.is_used:
            return Check(verdict=Verdict.USED)
        return Check(verdict=Verdict.PROVEN, single_use_code=found.id if challenge.data.get("once") else None)


method = AccessPass()
