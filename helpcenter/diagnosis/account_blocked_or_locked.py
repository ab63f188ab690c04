"""Diagnosis of an account that can't sign in at all: blocked, locked, or with all its methods locked."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification.policies import DecisionReason


def refused(seen: DiagnosisInput) -> Iterator[Finding]:
    why, support = seen.decision.reason, {"support": seen.support}
    if why is DecisionReason.BLOCKED:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("Your account is blocked."),
            does=_("Contact %(support)s. Only they can unblock it.") % support,
            slug="blocked-account",
        )
    if why is DecisionReason.LOCKED:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("Your second step is locked: a sign-in was reported as fraud on the phone, or support locked it."),
            does=_("Contact %(support)s. They verify that it’s you, then unlock it.") % support,
            slug="blocked-account",
        )
    if why is DecisionReason.ALL_OFF:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("All your methods are locked after too many incorrect codes."),
            does=_("Contact %(support)s to unlock them.") % support,
            slug="too-many-codes",
        )
