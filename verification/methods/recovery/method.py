"""Recovery codes, to print or store: how one is read and checked. Each works once."""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from verification.inputs import typed_codes
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Backup
from verification.methods.recovery.generating_recovery_codes import ALPHABET, N_CODES, PART_LENGTH, generate_codes
from verification.outcomes import Verdict

_GROUP = f"[{ALPHABET}]{{4}}"
_N_GROUPS = 2 * PART_LENGTH // 4
_WHOLE = re.compile(rf"(?<![A-Z0-9]){_GROUP}(?:[ -]?{_GROUP}){{{_N_GROUPS - 1}}}(?![A-Z0-9])")


def _read(text: str) -> str:
    """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
    found = {typed_codes.tidy(each) for each in _WHOLE.findall(text.upper())}
    return found.pop() if len(found) == 1 else typed_codes.tidy(text)


def _fits(answer: str) -> bool:
    """Return whether a text can be a recovery code at all."""
    return len(answer) == 2 * PART_LENGTH and set(answer) <= set(ALPHABET)


def _first_part(answer: str) -> str:
    """Return the part by which a code is found."""
    return answer[:PART_LENGTH]


class Recovery(Backup):
    name = "recovery"
    icon = "recovery"
    label = _("Recovery code")
    explain = _("Enter one of the codes that you printed or saved.")
    code_lengths = frozenset()
    n_codes = N_CODES

    def read(self, text: str) -> str:
        """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
        return _read(text)

    def fits(self, answer: str) -> bool:
        return _fits(answer)

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(single_use_codes=generate_codes())

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        found = challenge.find(_first_part(answer))
        if found is None or not check_password(answer, found.hash):
            return Check(verdict=Verdict.WRONG)
        return Check(verdict=Verdict.USED if found.is_used else Verdict.PROVEN, single_use_code=found.id)


method = Recovery()
