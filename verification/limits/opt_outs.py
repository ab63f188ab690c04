"""Opt-outs: numbers whose owners replied STOP get no texts until they reply START."""

from datetime import datetime

from django.db import transaction

from verification import audit, phone_numbers
from verification.audit import verification_audit_events
from verification.context import Context
from verification.keys import crypto
from verification.models import OptOut


def stop(address: str, *, provider: str, now: datetime) -> bool:
    """Record that the owner of a number replied STOP. Return True the first time."""
    digest = crypto.digest("address", address)
    if OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists():
        return False
    with transaction.atomic():
        defaults = {"hint": phone_numbers.mask(address), "provider": provider, "at": now}
        _, is_new = OptOut.objects.get_or_create(address_digest=digest, defaults=defaults)
        if is_new:
            audit.record(
                verification_audit_events.NUMBER_STOPPED,
                user_id=None,
                context=Context(now=now),
                number=phone_numbers.mask(address),
            )
    return is_new


def start(address: str, *, now: datetime) -> bool:
    """Remove an opt-out, because the owner replied START or texts are delivered again. Return whether there was one."""
    with transaction.atomic():
        gone = OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).delete()[0]
        if gone:
            audit.record(
                verification_audit_events.NUMBER_STARTED,
                user_id=None,
                context=Context(now=now),
                number=phone_numbers.mask(address),
            )
    return bool(gone)


def has_stopped(address: str) -> bool:
    """Return whether the owner of a number opted out of texts."""
    return OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists()
