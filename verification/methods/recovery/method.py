"""Recovery codes, to print or store: each works once. `code_set` defines how many there are, and how long they are."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Backup
from verification.methods.recovery import code_set
from verification.outcomes import Verdict


class Recovery(Backup):
    name = "recovery"
    icon = "recovery"
    label = _("Recovery code")
    explain = _("Enter one of the codes that you printed or saved.")
    code_lengths = frozenset()

    def read(self, text: str) -> str:
        """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
        return code_set.read(text)

    def fits(self, answer: str) -> bool:
        return code_set.fits(answer)

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(single_use_codes=code_set.draw())

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        found = challenge.find(code_set.first_part(answer))
        if found is None or not check_password(answer, found.hash):
            return Check(verdict=Verdict.WRONG)
        return Check(verdict=Verdict.USED if found.is_used else Verdict.PROVEN, single_use_code=found.id)


method = Recovery()
