"""Diagnosis of a code or call that the user didn't request: their last sign-in, and what to do."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts import sign_in_and_password_audit_events as audit_events
from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification import audit, time_format


def strange(seen: DiagnosisInput) -> Iterator[Finding]:
    if seen.is_half:
        yield Finding(
            name="password-known",
            kind="bad",
            sees=_("Someone who knows your password can make us send you codes."),
            does=_("Don’t share a code with anyone. Sign in and change your password."),
            slug="strange-sign-in",
        )
        return
    last = audit.of_person(seen.user.pk, of=(audit_events.SIGN_IN_COMPLETED,), most=1)
    sees = _("We have no record of a sign-in to your account.")
    if last:
        words = {"at": time_format.moment(last[0].at), "network": last[0].network or "–"}
        sees = _("Your last sign-in: %(at)s, from %(network)s.") % words
    yield Finding(
        name="last-sign-in" if last else "no-sign-in",
        kind="warn",
        sees=sees,
        does=_("If you don’t recognise it, secure your account now."),
        to="not_me",
        slug="strange-sign-in",
    )
