"""New sets of recovery codes, which replace the old ones, and how many codes are left."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction

from verification import limits, method_registry, notices
from verification.audit import verification_audit_events
from verification.context import Context
from verification.enrolments import one_change_at_a_time, storage
from verification.keys import crypto
from verification.method_capabilities import Backup
from verification.models import Enrolment, SingleUseCode
from verification.models.user_protocol import Person


def recovery_code_set(user_id: int, method_name: str) -> str:
    """Return the reference of the current set of recovery codes, or an empty text if there is none."""
    return Enrolment.objects.filter(user_id=user_id, method=method_name).values_list("ref", flat=True).first() or ""


def issue_recovery_codes(
    user: Person, context: Context, *, method_name: str, replaces: str | None = None
) -> tuple[str, ...]:
    """Issue a new set of recovery codes, which replaces the old one. Returns the codes: they are never shown again.

    With `replaces`, only while that is the present set; otherwise it returns none, because a page that is loaded again
    must not end the codes that it showed. It also returns none if the person's epoch was raised since they were loaded:
    hashing takes a while, and someone whose session support ends in between must not get codes that outlive it.
    """
    method = method_registry.method(method_name)
    plan = method.enrol({}, account=str(user.get_username()))
    # Hashed before the transaction: on SQLite it would hold everyone else up for a quarter of a second.
    hashed = [
        SingleUseCode(prefix_digest=crypto.digest("single_use_code", first), hash=make_password(whole))
        for first, whole in plan.single_use_codes
    ]
    with transaction.atomic():
        one_change_at_a_time.lock_person(user)  # of two sets made at once, only one stays
        if not get_user_model().objects.filter(pk=user.pk, epoch=user.epoch).exists():
            return ()
        if replaces is not None and recovery_code_set(user.pk, method.name) != replaces:
            return ()
        storage.drop(Enrolment.objects.filter(user=user, method=method.name))
        enrolment = Enrolment(user=user, method=method.name, confirmed=True, confirmed_at=context.now, name=plan.name)
        storage.fill(enrolment, plan)
        enrolment.save(force_insert=True)
        for code in hashed:
            code.enrolment = enrolment
        SingleUseCode.objects.bulk_create(hashed)
        limits.unlock(user.pk, method.name)
        storage.record(verification_audit_events.ENROLMENT_CONFIRMED, enrolment, context)
        notices.notify(user, "recovery_codes_renewed", now=context.now, context=context)
    return tuple(whole for _first, whole in plan.single_use_codes)


def backup_method(allowed: Sequence[str]) -> str:
    """Return the name of the allowed backup method, or an empty text if there is none."""
    return next((name for name in method_registry.names(Backup) if name in allowed), "")


def recovery_codes_in_set() -> int:
    """Return how many recovery codes a new set has, or 0 if no method has any."""
    return next((method.n_codes for method in method_registry.having(Backup)), 0)


def recovery_codes_left(user_id: int) -> int:
    """Count the recovery codes that still work. A pass may be a single-use code as well, but is no recovery code."""
    rows = SingleUseCode.objects.filter(
        enrolment__user_id=user_id, enrolment__method__in=method_registry.names(Backup), enrolment__confirmed=True
    )
    return rows.filter(used_at=None).count()
