"""Methods for numbers that the organisation's directory supplies and its policy trusts, set up without verification."""

from collections.abc import Collection, Mapping, Sequence

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from verification import method_registry, notices
from verification.audit import verification_audit_events
from verification.context import Context
from verification.delivery.routing import routes
from verification.enrolments import (
    default_method,
    ending_sessions_and_browsers,
    labels_and_names,
    lookup,
    one_change_at_a_time,
    storage,
)
from verification.method_base import Method
from verification.method_capabilities import SharesAddress
from verification.models import Channel, Enrolment
from verification.models.user_protocol import Person

_PHONE = "phone"


def takes_number(method_name: str, number: str) -> bool:
    """Return whether a method can be set up for a phone number. Shape: E.164."""
    if not method_registry.is_installed(method_name):
        return False
    method = method_registry.method(method_name)
    if not isinstance(method, SharesAddress) or method.address_kind != _PHONE:
        return False
    return method.accepts(method.enrol({method.address_field: number}, account=""))


def supply(user: Person, numbers: Mapping[str, str], methods: Sequence[str], context: Context) -> int:
    """Set up the allowed methods for trusted numbers, and remove what was supplied for others. Return how many are new.

    A number that the person has verified stays as it is. Shape: `numbers` by kind, such as office; E.164.
    """
    names = [
        name for name in methods if (method := method_registry.method(name)).kind and routes.able(Channel(method.kind))
    ]
    with transaction.atomic():
        one_change_at_a_time.lock_person(user)
        _withdraw(user, Enrolment.objects.filter(user=user).exclude(supplied="").exclude(supplied__in=numbers), context)
        made = [
            each
            for kind, number in numbers.items()
            for name in names
            if takes_number(name, number) and (each := _made(user, method_registry.method(name), kind, number, context))
        ]
        if made:
            default_method.update_default_and_count(user)
    return len(made)


def _made(user: Person, method: Method, kind: str, number: str, context: Context) -> Enrolment | None:
    plan = method.enrol({method.address_field: number}, account=str(user.get_username()))
    new = Enrolment(
        user=user, method=method.name, confirmed=True, confirmed_at=context.now, name=plan.name, supplied=kind
    )
    storage.fill(new, plan)
    former = Enrolment.objects.filter(user=user, method=method.name, supplied=kind)
    if lookup.same_address(new, method.name).exists():
        return None
    _withdraw(user, former, context)
    new.save(force_insert=True)
    storage.record(verification_audit_events.ENROLMENT_SUPPLIED, new, context)
    notices.notify(user, "method_added", now=context.now, label=labels_and_names.label(new))
    return new


def withdraw(people: Collection[int], kinds: Collection[str], context: Context) -> None:
    """Remove what was supplied for numbers of these kinds, because the directory dropped or changed them.

    Call it in the transaction of that.
    """
    withdraw_these(Enrolment.objects.filter(user__in=people, supplied__in=kinds), context)


def withdraw_these(rows: QuerySet[Enrolment], context: Context) -> None:
    """Remove supplied methods, person by person. Call it in the transaction of what ends them."""
    for user in get_user_model().objects.filter(pk__in=rows.order_by().values("user")).order_by("pk"):
        one_change_at_a_time.lock_person(user)
        _withdraw(user, rows.filter(user=user), context)


def _withdraw(user: Person, rows: QuerySet[Enrolment], context: Context) -> None:
    gone = list(rows)
    if not gone:
        return
    storage.drop(rows.model.objects.filter(pk__in=[each.pk for each in gone]))
    default_method.update_default_and_count(user)
    ending_sessions_and_browsers.raise_epoch(user, why="method-removed")
    for each in gone:
        storage.record(verification_audit_events.ENROLMENT_WITHDRAWN, each, context)
        notices.notify(user, "method_removed", now=context.now, label=labels_and_names.label(each))
