"""Diagnosis of incorrect codes, and of what is left when the phone is lost."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from helpcenter.diagnosis.findings import (
    MAX_EVENT_AGE,
    DiagnosisInput,
    Finding,
    is_phone,
    no_methods,
    other_method,
    works,
)
from verification import audit, registry, time_format
from verification.audit import events
from verification.capabilities import AppGenerated, Delivered
from verification.enrolments import Option


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
        seen.user.pk, of=(events.CHALLENGE_FAILED, events.CHALLENGE_REPLACED, events.CHALLENGE_USED), most=1
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
    if kind == events.CHALLENGE_REPLACED.kind:
        sees = _("At %(at)s you entered an older code. We had already sent a newer one.") % when
        does = _("Use the newest code. This attempt didn’t count.")
        return Finding(name="older-code", kind="info", sees=sees, does=does, slug="newest-code")
    if kind == events.CHALLENGE_USED.kind:
        sees = _("At %(at)s you entered a code that had already been used.") % when
        does = _("Wait for the next code, then enter it.")
        return Finding(name="used-code", kind="info", sees=sees, does=does, slug="code-refused")
    label = str(registry.method(method).label) if registry.is_installed(method) else method
    sees = _("At %(at)s an incorrect code was entered for “%(label)s”.") % (when | {"label": label})
    return Finding(name="incorrect-code", kind="warn", sees=sees, does=_try_again(method), slug="code-refused")


def _try_again(method: str) -> str:
    if registry.is_installed(method) and registry.has(method, Delivered):
        return _("Enter the newest code.")
    if registry.is_installed(method) and registry.has(method, AppGenerated):
        return _("Check that your phone sets its time automatically and that you’re reading the right account.")
    return _("Check the code and enter it again.")


def lost_phone(seen: DiagnosisInput) -> Iterator[Finding]:
    lasting = [option for option in seen.options if not option.is_temporary]
    elsewhere = [option for option in lasting if not is_phone(option)]
    usable = [option for option in elsewhere if works(option)]
    if usable:
        yield _elsewhere(usable, seen)
    elif not lasting:
        yield no_methods(seen)
    else:
        name, sees = "all-on-that-phone", _("All your methods are on that phone.")
        if elsewhere:
            name, sees = "others-do-not-work", _("Your methods that may not be on that phone don’t work now.")
        does = _("Contact %(support)s. They can clear your settings and give you a Temporary Access Pass.")
        yield Finding(
            name=name,
            kind="bad",
            sees=sees,
            does=does % {"support": seen.support},
            slug="lost-phone",
        )
    if not seen.is_half:
        yield Finding(
            name="signed-in-on-that-phone",
            kind="warn",
            sees=_("You may still be signed in on that phone."),
            does=_("End its session and remove its remembered browser."),
            to="browsers",
            slug="remembered-browsers",
        )


def _elsewhere(usable: list[Option], seen: DiagnosisInput) -> Finding:
    """Name the methods that aren't lost, and say what to do with them: nothing before the user can sign in again."""
    sees = _("These methods may not be on that phone: %(labels)s.")
    does, to = _("Sign in with one of them. Then remove the methods that were on the phone."), "new_phone"
    if seen.is_refused:
        does, to = _("Tell %(support)s that you lost your phone. They can remove the methods that were on it."), ""
    elif seen.is_half:
        to = "options"
    return Finding(
        name="methods-left",
        kind="info" if seen.is_refused else "good",
        sees=sees % {"labels": ", ".join(option.label for option in usable)},
        does=does % {"support": seen.support},
        to=to,
        slug="lost-phone",
    )
