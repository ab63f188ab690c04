"""How a person's method is labelled, and the name that they gave it."""

from django.db import transaction

from verification import method_registry
from verification.audit import verification_audit_events
from verification.context import Context
from verification.enrolments import storage
from verification.models import Enrolment


def label(enrolment: Enrolment) -> str:
    """Label an enrolment: "Text message ••• •• 89", and the person's own name for it."""
    kind = (
        method_registry.method(enrolment.method).label
        if method_registry.is_installed(enrolment.method)
        else enrolment.method
    )
    words = f"{kind} {enrolment.hint}".strip()
    return f"{words} ({enrolment.name})" if enrolment.name else words


def rename(enrolment: Enrolment, name: str, context: Context, *, is_on_another_device: bool = False) -> None:
    """Give an enrolment the person's own name, and record whether an app runs on something other than their phone."""
    with transaction.atomic():
        rows = Enrolment.objects.filter(pk=enrolment.pk)
        rows.update(name=name, is_on_another_device=is_on_another_device)
        storage.record(verification_audit_events.ENROLMENT_RENAMED, enrolment, context)
