"""What the organisation hands out: hardware tokens that people activate, and Temporary Access Passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from verification import audit, decryption_failures, limits, method_registry
from verification.audit import verification_audit_events
from verification.context import Context
from verification.db import row_locks
from verification.enrolments import lookup, one_change_at_a_time, storage
from verification.keys import crypto
from verification.method_base import Draft
from verification.method_capabilities import HandedOut, Stocked, Temporary
from verification.models import Enrolment, HardwareToken, SingleUseCode
from verification.models.user_protocol import Person


class NotAssigned(ValueError):
    """No token with this serial number was assigned to the person."""


class InUse(ValueError):
    """Someone else uses the token with this serial number: remove it there first."""


class NotInstalled(LookupError):
    """No method that the organisation hands out in this way is installed."""


CLAIM = "claim"  # marks, in an enrolment's data, a token that the person took from the stock themselves


def assign(
    user: Person,
    method_name: str,
    plan: Draft,
    context: Context,
    *,
    actor_id: int | None = None,
    counter: int = -1,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **detail: Any,
) -> Enrolment:
    """Assign a token to a person. It waits until they activate it with one of its codes.

    If it waited for someone else, it moves to this person. `counter` is the last one used; `detail` goes into the
    audit event.

    Errors: `InUse` when someone uses it already.
    """
    with transaction.atomic():
        if lookup.of_address(plan.address, method=method_name) is not None:
            raise InUse
        drafts = Enrolment.objects.filter(
            method=method_name, address_digest__in=crypto.digests("address", plan.address), confirmed=False
        )
        row_locks.lock_to_delete(drafts)
        drafts.delete()
        enrolment = Enrolment(
            user=user,
            method=method_name,
            confirmed=False,
            name=plan.name,
            counter=counter,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        storage.fill(enrolment, plan)
        enrolment.save(force_insert=True)
        audit.record(
            verification_audit_events.ENROLMENT_ASSIGNED,
            user_id=user.pk,
            context=context,
            actor_id=actor_id,
            method=method_name,
            enrolment=enrolment.ref,
            **detail,
        )
    return enrolment


def find_token(address: str) -> Enrolment | None:
    """Find the assigned token with a serial number, activated or not."""
    digests = crypto.digests("address", address)
    found: Enrolment | None = (
        Enrolment.objects.filter(method=token_method().name, address_digest__in=digests)
        .exclude(data__has_key=CLAIM)
        .select_related("user")
        .order_by("-confirmed", "pk")
        .first()
    )
    return found


def token_method() -> Stocked:
    """Return the method of hardware tokens. Errors: `NotInstalled`."""
    method = method_registry.only(Stocked)
    if method is None:
        raise NotInstalled("no installed method comes from the stock")
    return method


def token_draft(token: HardwareToken, **more: Any) -> Draft:
    """Make a draft of the enrolment of a hardware token."""
    data = {**token.data, **more}
    return Draft(address=token.serial, secret=token.secret, hint=token.hint, name=token.name, data=data)


def claim(user: Person, method: HandedOut, serial: str, now: datetime) -> Enrolment:
    """Make a draft for a token that a person took from the stock. It becomes theirs once they verify with it.

    Errors: `NotAssigned` when there is no such token in the stock.
    """
    token = HardwareToken.objects.in_stock().filter(serial=serial).first()
    if token is None or not token.is_good(now):
        raise NotAssigned(method.not_assigned)
    if not token.opens:
        decryption_failures.report("hardware token", token.ref, now=now)
        raise NotAssigned(method.not_assigned)
    one_change_at_a_time.lock_person(user)
    storage.drop(Enrolment.objects.filter(user=user, method=method.name, confirmed=False, data__has_key=CLAIM))
    plan = token_draft(token, **{CLAIM: True})
    enrolment = Enrolment(user=user, method=method.name, confirmed=False, name=plan.name, counter=token.counter)
    enrolment.starts_at, enrolment.ends_at = token.starts_at, token.ends_at
    storage.fill(enrolment, plan)
    enrolment.save(force_insert=True)
    return enrolment


def take_from_stock(enrolment: Enrolment) -> bool:
    """Take a token out of the stock after the person verified with it. Return False if someone else has it by now.

    Runs in the transaction of the verification.
    """
    if CLAIM not in enrolment.data:
        return True
    rows = HardwareToken.objects.in_stock().filter(serial=enrolment.address)
    if not rows.update(enrolment=enrolment):
        return False
    enrolment.data = {name: value for name, value in enrolment.data.items() if name != CLAIM}
    return bool(Enrolment.objects.filter(pk=enrolment.pk).update(data=enrolment.data))


def take_back(enrolment: Enrolment) -> None:
    """Take back an assigned token that isn't yet activated. The caller's transaction records it."""
    storage.drop(Enrolment.objects.filter(pk=enrolment.pk, confirmed=False))


@dataclass(frozen=True, kw_only=True)
class NewPass:
    """A Temporary Access Pass that is not issued yet."""

    method_name: str
    plan: Draft = field(repr=False)
    hash: str = field(repr=False)


def new_pass(user: Person, fields: Mapping[str, Any]) -> NewPass:
    """Generate a Temporary Access Pass. Call it before the transaction that issues it, because hashing takes long.

    Errors: `NotInstalled`.
    """
    method = method_registry.only(Temporary)
    if method is None:
        raise NotInstalled("no installed method is handed out for a span")
    plan = method.enrol(fields, account=str(user.get_username()))
    ((_first, whole),) = plan.single_use_codes
    return NewPass(method_name=method.name, plan=plan, hash=make_password(whole))


def issue_pass(
    user: Person,
    new: NewPass,
    context: Context,
    *,
    starts_at: datetime,
    ends_at: datetime,
    actor_id: int,
) -> str:
    """Issue a Temporary Access Pass, which replaces an older one. Returns it: it is never shown again.

    The caller's transaction records it and tells the person.
    """
    ((first, whole),) = new.plan.single_use_codes
    one_change_at_a_time.lock_person(user)
    storage.drop(Enrolment.objects.filter(user=user, method=new.method_name))
    enrolment = Enrolment(user=user, method=new.method_name, confirmed=True, confirmed_at=context.now)
    enrolment.starts_at, enrolment.ends_at = starts_at, ends_at
    storage.fill(enrolment, new.plan)
    enrolment.save(force_insert=True)
    prefix = crypto.digest("single_use_code", first)
    SingleUseCode.objects.create(enrolment=enrolment, prefix_digest=prefix, hash=new.hash)
    limits.unlock(user.pk, new.method_name)
    audit.record(
        verification_audit_events.ENROLMENT_HANDED_OUT,
        user_id=user.pk,
        context=context,
        actor_id=actor_id,
        method=new.method_name,
        enrolment=enrolment.ref,
    )
    return whole


def remove_passes(user: Person) -> None:
    """Remove the passes of a person. In the caller's transaction."""
    storage.drop(Enrolment.objects.filter(user=user, method__in=method_registry.names(Temporary)))


def end_validity(enrolment_id: int, *, now: datetime) -> None:
    """End the validity of a pass that could be used once and was used."""
    Enrolment.objects.filter(pk=enrolment_id).update(ends_at=now)
