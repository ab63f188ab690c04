"""Diagnosis of a new phone number: which numbers we have, and how to replace them."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpcenter.diagnosis.diagnosis_input import DiagnosisInput, is_phone
from helpcenter.diagnosis.findings_and_buttons import Finding, no_methods, other_method


def new_number(seen: DiagnosisInput) -> Iterator[Finding]:
    if not seen.options:
        yield no_methods(seen)
        return
    numbers = sorted({o.enrolment.hint for o in seen.options if is_phone(o)})
    name, sees = "my-numbers" if numbers else "no-number", _("You have no phone number set up.")
    if numbers:
        listed = {"numbers": ", ".join(numbers)}
        sees = ngettext("We have this number for you: %(numbers)s.", "We have these numbers for you: %(numbers)s.",
                        len(numbers)) % listed  # fmt: skip
    if not seen.is_half:
        does = _("Add the new number and verify it. Then remove the old one.") if numbers else _("Add your number.")
        yield Finding(name=name, kind="info", sees=sees, does=does, to="add", slug="new-number")
        return
    does = seen.or_support(
        _("Sign in with a different method, then add the new number."),
        _("Contact %(support)s and ask them to clear your settings."),
    )
    yield Finding(name=name, kind="info", sees=sees, does=does, slug="new-number", to=other_method(seen))
