"""Diagnosis of a second step that is asked for each time or never: policies, staff roles, remembered browsers."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification import browsers
from verification.policies import DecisionReason


def asked_again(seen: DiagnosisInput) -> Iterator[Finding]:
    why_asked = _why_asked(seen)
    if why_asked is not None:
        yield why_asked
    elif not seen.is_half:
        n = len(browsers.of_person(seen.user, now=seen.context.now))
        sees = ngettext("%(n)d browser is remembered for you.", "%(n)d browsers are remembered for you.", n) % {"n": n}
        does = _("If this browser isn’t listed, tick “Don’t ask again on this browser” when you next sign in.")
        yield Finding(
            name="browsers-remembered" if n else "no-browser-remembered",
            kind="info",
            sees=sees if n else _("No browser is remembered for you."),
            does=does,
            to="browsers",
            slug="remembered-browsers",
        )


def _why_asked(seen: DiagnosisInput) -> Finding | None:
    """Return why this user is never asked, or always; None if it depends on the browser."""
    if seen.decision.reason is DecisionReason.NOT_REQUIRED:
        name, sees = "second-step-not-required", _("Your account doesn’t require a second step.")
        does = _("Your organisation decides this.")
    elif seen.user.is_staff:
        name, sees = "staff-role", _("You have a staff role, which always requires the second step.")
        does = _("This is intended.")
    elif not seen.decision.rules.remember_days:
        name, sees = "remembering-off", _("Your organisation doesn’t allow remembered browsers.")
        does = _("You’ll be asked for the second step each time you sign in.")
    else:
        return None
    return Finding(name=name, kind="info", sees=sees, does=does, slug="asked-again")
