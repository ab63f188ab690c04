"""Diagnosis of incorrect codes: locked methods, and what was wrong with the last code."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from helpcenter.diagnosis.diagnosis_input import MAX_EVENT_AGE, DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding, other_method
from verification import audit, method_registry, time_format
from verification.audit import verification_audit_events
from verification.enrolments import Option
from verification.method_capabilities import AppGenerated, Delivered


def code_incorrect(seen: DiagnosisInput) -> Iterator[Finding]:
    for option in seen.options:
        if option.is_locked:
            yield _locked(option, seen)
        elif option.retry_at:
            words = {"label": option.label, "at": option.locked_until, "support": seen.support}
            sees = _("Too many incorrect codes. “%(label)s” is locked until %(at)s.") % words
            does = seen.or_support(
                _("Use a different method. It works right away."),
                _("Wait until then, or contact %(support)s to end the wait."),
            )
            to = other_method(seen)
            yield Finding(name="method-waits", kind="warn", sees=sees, does=does, slug="too-many-codes", to=to)
    if seen.is_refused:
        return
    failed = audit.of_person(
        seen.user.pk,
        of=(
            verification_audit_events.CHALLENGE_FAILED,
            verification_audit_events.CHALLENGE_REPLACED,
            verification_audit_events.CHALLENGE_USED,
        ),
        most=1,
    )
    if failed and seen.context.now - failed[0].at < MAX_EVENT_AGE:
        yield _of_attempt(failed[0].kind, str(failed[0].detail.get("method", "")), failed[0].at)


def _locked(option: Option, seen: DiagnosisInput) -> Finding:
    again = _("Sign in with a different method. Then set this one up again.")
    unlock = _("Contact %(support)s to unlock it.")
    does = unlock % {"support": seen.support} if option.is_handed_out else seen.or_support(again, unlock)
    to = other_method(seen) if seen.is_half else "methods"
    sees = _("“%(label)s” is locked after too many incorrect codes.") % {"label": option.label}
    return Finding(name="method-locked", kind="bad", sees=sees, does=does, to=to, slug="too-many-codes")


def _of_attempt(kind: str, method: str, at: datetime) -> Finding:
    when = {"at": time_format.clock(at)}
    if kind == verification_audit_events.CHALLENGE_REPLACED.kind:
        sees = _("At %(at)s you entered an older code. We had already sent a newer one.") % when
        does = _("Use the newest code. This attempt didn’t count.")
        return Finding(name="older-code", kind="info", sees=sees, does=does, slug="newest-code")
    if kind == verification_audit_events.CHALLENGE_USED.kind:
        sees = _("At %(at)s you entered a code that had already been used.") % when
        does = _("Wait for the next code, then enter it.")
        return Finding(name="used-code", kind="info", sees=sees, does=does, slug="code-refused")
    label = str(method_registry.method(method).label) if method_registry.is_installed(method) else method
    sees = _("At %(at)s an incorrect code was entered for “%(label)s”.") % (when | {"label": label})
    return Finding(name="incorrect-code", kind="warn", sees=sees, does=_try_again(method), slug="code-refused")


def _try_again(method: str) -> str:
    if method_registry.is_installed(method) and method_registry.has(method, Delivered):
        return _("Enter the newest code.")
    if method_registry.is_installed(method) and method_registry.has(method, AppGenerated):
        return _("Check that your phone sets its time automatically and that you’re reading the right account.")
    return _("Check the code and enter it again.")
