"""Recovery codes, to print or store: how many, how long, and how one is read. Each works once.

Source: NIST SP 800-63B-4, 4.2.1.1.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from verification.inputs import typed_codes
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Backup
from verification.outcomes import Verdict

N_CODES = 10
_PART_LENGTH = 8  # characters; two parts of five bits a character make 80 bits, more than the 64 that are required
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 characters that don't look alike
_WHOLE = re.compile(rf"(?<![A-Z0-9])[{_ALPHABET}]{{4}}(?:[ -]?[{_ALPHABET}]{{4}}){{3}}(?![A-Z0-9])")


def _part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PART_LENGTH))


def _draw() -> tuple[tuple[str, str], ...]:
    """Generate a new set. Shape: the first part and the whole of each code."""
    pairs = [(_part(), _part()) for _ in range(N_CODES)]
    return tuple((first, f"{first}{second}") for first, second in pairs)


def _read(text: str) -> str:
    """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
    found = {typed_codes.tidy(each) for each in _WHOLE.findall(text.upper())}
    return found.pop() if len(found) == 1 else typed_codes.tidy(text)


def _fits(answer: str) -> bool:
    """Return whether a text can be a recovery code at all."""
    return len(answer) == 2 * _PART_LENGTH and set(answer) <= set(_ALPHABET)


def _first_part(answer: str) -> str:
    """Return the part by which a code is found."""
    return answer[:_PART_LENGTH]


class Recovery(Backup):
    name = "recovery"
    icon = "recovery"
    label = _("Recovery code")
    explain = _("Enter one of the codes that you printed or saved.")
    code_lengths = frozenset()

    def read(self, text: str) -> str:
        """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
        return _read(text)

    def fits(self, answer: str) -> bool:
        return _fits(answer)

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(single_use_codes=_draw())

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        found = challenge.find(_first_part(answer))
        if found is None or not check_password(answer, found.hash):
            return Check(verdict=Verdict.WRONG)
        return Check(verdict=Verdict.USED if found.is_used else Verdict.PROVEN, single_use_code=found.id)


method = Recovery()
