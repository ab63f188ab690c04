"""Recovery codes: ten to print or keep, each works once. Source: NIST SP 800-63B-4, 4.2.1.1 (64 bits and more)."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from verification.capabilities import Backup
from verification.keys import codes
from verification.method import ChallengeData, Check, Draft, Issue
from verification.outcomes import Verdict

_CODES = 10
_PART = 8  # characters; two parts of five bits a character make 80 bits
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 characters that don't look alike


_WHOLE = re.compile(rf"(?<![A-Z0-9])[{_ALPHABET}]{{4}}(?:[ -]?[{_ALPHABET}]{{4}}){{3}}(?![A-Z0-9])")


def _part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PART))


class Recovery(Backup):
    name = "recovery"
    icon = "recovery"
    label = _("Recovery code")
    explain = _("Enter one of the codes that you printed or saved.")
    code_lengths = frozenset()

    def read(self, text: str) -> str:
        """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
        found = {codes.tidy(each) for each in _WHOLE.findall(text.upper())}
        return found.pop() if len(found) == 1 else codes.tidy(text)

    def fits(self, answer: str) -> bool:
        return len(answer) == 2 * _PART and set(answer) <= set(_ALPHABET)

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        pairs = [(_part(), _part()) for _ in range(_CODES)]
        return Draft(single_use_codes=tuple((first, f"{first}{second}") for first, second in pairs))

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        found = challenge.find(answer[:_PART])
        if found is None or not check_password(answer, found.hash):
            return Check(verdict=Verdict.WRONG)
        return Check(verdict=Verdict.USED if found.is_used else Verdict.PROVEN, single_use_code=found.id)


method = Recovery()
