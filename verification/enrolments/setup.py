"""Setting up a method: whether the person may add another one, its draft, and its confirmation once it is verified."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from verification import audit, limits, method_registry, notices
from verification.audit import verification_audit_events
from verification.context import Context
from verification.db.compiled_queries import BindParam, Update, Values
from verification.delivery.routing import routes
from verification.enrolments import (
    default_method,
    hardware_tokens_and_access_passes,
    labels_and_names,
    lookup,
    one_change_at_a_time,
    storage,
)
from verification.keys import crypto
from verification.method_base import Draft, Method
from verification.method_capabilities import HandedOut, SharesAddress
from verification.models import Channel, Enrolment
from verification.models.user_protocol import Person

_DEFAULT = Values(
    lambda: Enrolment.objects.filter(user=BindParam("user_id"), confirmed=True, is_default=True).values_list("pk")[:1]
)
_NOW = BindParam("now")
_CONFIRM = Update(
    lambda: (
        Enrolment.objects.filter(pk=BindParam("pk"), confirmed=False),
        {"confirmed": True, "confirmed_at": _NOW, "last_used_at": _NOW, "is_default": BindParam("is_default")},
    )
)


def is_full(user_id: int, method: Method) -> bool:
    """Return whether a person has set up as many of a method as its `max_enrolments` allows."""
    return lookup.count(user_id, method.name) >= method.max_enrolments


def proposed(user: Person, method: Method, fields: dict[str, Any]) -> Enrolment:
    """Return an unsaved enrolment, to check whether its message may be sent before it is set up."""
    enrolment = Enrolment(user=user, method=method.name, confirmed=False)
    storage.fill(enrolment, method.enrol(fields, account=str(user.get_username())))
    return enrolment


def draft(
    user: Person, method: Method, fields: dict[str, Any], *, may_claim: bool = False, now: datetime | None = None
) -> Enrolment:
    """Save a draft of a method. It works only after the person verified with it. Replaces their older drafts of it.

    Errors: `NotAssigned` for a token that isn't assigned to the person, and that they may not take from the stock.
    """
    plan = method.enrol(fields, account=str(user.get_username()))
    drafts = Enrolment.objects.filter(user=user, method=method.name, confirmed=False)
    if isinstance(method, HandedOut):
        waiting: Enrolment | None = drafts.filter(address_digest__in=crypto.digests("address", plan.address)).first()
        if waiting is not None:
            return waiting
        if not may_claim:
            raise hardware_tokens_and_access_passes.NotAssigned(method.not_assigned)
        return hardware_tokens_and_access_passes.claim(user, method, plan.address, now or timezone.now())
    one_change_at_a_time.lock_person(user)
    storage.drop(drafts)
    enrolment = Enrolment(user=user, method=method.name, confirmed=False, name=plan.name)
    storage.fill(enrolment, plan)
    enrolment.save(force_insert=True)
    return enrolment


def confirm(enrolment: Enrolment, *, now: datetime, draft: Draft | None = None) -> bool:
    """Confirm a draft that the person verified, and set up the other methods of the same phone.

    Runs in the transaction of the verification. False if it was confirmed already.
    """
    one_change_at_a_time.lock_person(enrolment.user)
    if draft is not None:
        _complete(enrolment, draft)
    _drop_locked(enrolment, now)
    if enrolment.address_digest:
        storage.drop(lookup.same_address(enrolment, enrolment.method).exclude(pk=enrolment.pk))
    is_first = not _DEFAULT.all(user_id=enrolment.user.pk)
    made = _CONFIRM.run(pk=enrolment.pk, now=now, is_default=is_first)
    if made:
        _verify_supplied(enrolment)
        _add_companions(enrolment, now)
        default_method.update_default_and_count(enrolment.user)
    return bool(made)


def _verify_supplied(enrolment: Enrolment) -> None:
    """Note that the person has verified a number that their directory had supplied for other methods too."""
    if enrolment.address_digest:
        mine = Enrolment.objects.filter(user=enrolment.user).exclude(supplied="")
        mine.filter(address_digest__in=lookup.digests(enrolment)).update(supplied="")


def _drop_locked(enrolment: Enrolment, now: datetime) -> None:
    """Remove what is locked after incorrect codes: what is set up now takes its place.

    Assigned tokens stay assigned, to be activated again. Source: NIST SP 800-63B-4, 3.2.2.
    """
    mine = lookup.confirmed(enrolment.user.pk)
    others = [c for c in mine if c.enrolment.pk != enrolment.pk]
    off = [c for c in others if c.limits.is_locked]
    is_stopped = any(c.limits.is_all_locked for c in others)  # what was guessed at may be gone already
    if not mine:
        is_stopped = limits.wrong_codes(enrolment.user.pk, now=now).stopped_at is not None
    gone = [c.enrolment for c in off if is_stopped or c.enrolment.method == enrolment.method]
    if gone:
        rows = Enrolment.objects.filter(pk__in=[e.pk for e in gone])
        assigned = method_registry.names(HandedOut)
        storage.drop(rows.exclude(method__in=assigned))
        rows.filter(method__in=assigned).update(confirmed=False, confirmed_at=None, is_default=False)
        labels = [labels_and_names.label(e) for e in gone]
        context = Context(now=now)
        audit.record(
            verification_audit_events.ENROLMENT_REBOUND,
            user_id=enrolment.user.pk,
            context=context,
            method=enrolment.method,
            gone=labels,
        )
        for each in labels:
            notices.notify(enrolment.user, "method_removed", now=now, label=each, is_replaced="yes")
    limits.unlock(enrolment.user.pk, enrolment.method, *(e.method for e in gone))
    if is_stopped:
        limits.reset_wrong_codes(enrolment.user.pk)


def companions_text(enrolment: Enrolment | None) -> str:
    """Say which other methods of the same phone were set up at the same time, or an empty text if none."""
    if enrolment is None or not enrolment.address_digest:
        return ""
    digests = crypto.digests("address", enrolment.address)
    rows = Enrolment.objects.filter(user=enrolment.user, address_digest__in=digests, confirmed=True)
    others = ", ".join(labels_and_names.label(each) for each in rows.exclude(method=enrolment.method).order_by("pk"))
    words = _("You can use the same number for another method too: %(others)s.")
    return words % {"others": others} if others else ""


def _complete(enrolment: Enrolment, draft: Draft) -> None:
    """Fill in what is known only after verification, such as a new passkey."""
    enrolment.address, enrolment.secret = draft.address, draft.secret
    enrolment.data = {**enrolment.data, **draft.data}
    enrolment.hint = draft.hint or enrolment.hint
    enrolment.save(update_fields=["sealed_address", "address_digest", "sealed_secret", "data", "hint"])


def _add_companions(enrolment: Enrolment, now: datetime) -> None:
    """Set up the other methods of the same number: one that takes texts also takes calls."""
    proven = method_registry.method(enrolment.method)
    if not isinstance(proven, SharesAddress):
        return
    plan = Draft(address=enrolment.address, hint=enrolment.hint, data=enrolment.data, name=enrolment.name)
    for method in method_registry.having(SharesAddress):
        if method is proven or method.address_kind != proven.address_kind or not method.accepts(plan):
            continue
        if method.kind and not routes.able(Channel(method.kind)):
            continue  # no provider could deliver it
        if lookup.same_address(enrolment, method.name).exists():
            continue  # the person has set up this number for the other method before
        twin = Enrolment(user=enrolment.user, method=method.name, confirmed=True, confirmed_at=now, name=plan.name)
        storage.fill(twin, plan)
        twin.save(force_insert=True)
