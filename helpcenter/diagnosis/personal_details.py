"""Diagnosis of details that can't be changed here: where a person's name, email address and numbers come from."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts import provisioning
from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification import method_registry
from verification.models import Channel


def details(seen: DiagnosisInput) -> Iterator[Finding]:
    if seen.is_half:
        return
    directory = seen.user.directory
    if directory is None:
        name, sees = "kept-here", _("Your name, username and email address are kept here.")
        does = _("Contact %(support)s to change them.") % {"support": seen.support}
    else:
        sees = _("Your name, username and email address come from %(directory)s, your organisation’s directory.")
        name, sees = "from-directory", sees % {"directory": directory}
        does = _("Ask for the change there. It arrives here automatically.")
    yield Finding(name=name, kind="info", sees=sees, does=does, slug="my-details")
    found = {each.ref: each for method in _with_numbers() for each in provisioning.suggested(seen.user, method)}
    for each in found.values():
        yield Finding(
            name="suggested-number",
            kind="info",
            sees=_("Your organisation has this %(label)s for you: %(shown)s. It isn’t set up.")
            % {"label": each.label, "shown": each.shown},
            does=_("To use it, add a method and choose it there. If it’s wrong, have it corrected in the directory."),
            to="add",
            slug="my-details",
        )


def _with_numbers() -> list[str]:
    return [method.name for kind in (Channel.TEXT, Channel.CALL) for method in method_registry.sending(kind)]
