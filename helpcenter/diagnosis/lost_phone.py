"""Diagnosis of a lost phone: which methods may be elsewhere, and what to end."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from helpcenter.diagnosis.diagnosis_input import DiagnosisInput, is_phone, works
from helpcenter.diagnosis.findings_and_buttons import Finding, no_methods
from verification.enrolments import Option


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
