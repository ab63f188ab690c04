"""Finds the methods that people have set up."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from verification import limits, method_registry, phone_numbers
from verification.db.compiled_queries import BindParam, Select
from verification.keys import crypto
from verification.method_capabilities import Backup, Temporary
from verification.models import Enrolment, Failure, OptOut


def _confirmed() -> QuerySet[Enrolment]:
    failures = Failure.objects.filter(user=OuterRef("user"), method=OuterRef("method"))
    rows = Enrolment.objects.filter(user=BindParam("user"), confirmed=True)
    limited = {name: Subquery(failures.values(name)) for name in ("locked_at", "next_at")}
    stopped = limits.all_locked_at(OuterRef("user"))
    opted_out = Exists(OptOut.objects.filter(address_digest=OuterRef("address_digest")))
    read: QuerySet[Enrolment] = rows.annotate(**limited, stopped_at=Subquery(stopped), is_opted_out=opted_out)
    return read.order_by("created_at", "id")


_CONFIRMED: Select[Enrolment] = Select(_confirmed)
_OF_SESSION: Select[Enrolment] = Select(
    lambda: Enrolment.objects.filter(pk=BindParam("pk")).only("user_id", "confirmed")
)


@dataclass(frozen=True, kw_only=True)
class EnrolmentLimits:
    """What keeps an enrolment from being used, as it was read beside the row.

    `is_locked` after too many wrong codes, its own or all together; `is_all_locked` when all together were too many.
    `retry_at` is the end of the last wait, which may be over.
    """

    is_locked: bool = False
    is_all_locked: bool = False
    retry_at: datetime | None = None
    is_opted_out: bool = False


@dataclass(frozen=True, kw_only=True)
class ConfirmedEnrolment:
    """A confirmed enrolment and its limits."""

    enrolment: Enrolment
    limits: EnrolmentLimits


def confirmed(user_id: int) -> list[ConfirmedEnrolment]:
    """Read a person's confirmed enrolments with their limits, the oldest first. One statement."""
    return [
        ConfirmedEnrolment(enrolment=row, limits=_limits(row, **read))
        for row, read in _CONFIRMED.annotated(user=user_id)
    ]


def _limits(
    enrolment: Enrolment,
    *,
    locked_at: datetime | None,
    next_at: datetime | None,
    stopped_at: datetime | None,
    is_opted_out: bool,
) -> EnrolmentLimits:
    is_counted = method_registry.is_installed(enrolment.method) and method_registry.method(enrolment.method).is_counted
    return EnrolmentLimits(
        is_locked=locked_at is not None or (stopped_at is not None and is_counted),
        is_all_locked=stopped_at is not None,
        retry_at=next_at,
        is_opted_out=is_opted_out,
    )


def same_address(enrolment: Enrolment, method: str) -> QuerySet[Enrolment]:
    """Find the person's confirmed enrolments of a method with the same address, under any digest key."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user=enrolment.user, method=method, confirmed=True)
    return rows.filter(address_digest__in=digests(enrolment))


def digests(enrolment: Enrolment) -> tuple[str, ...]:
    """Return the digests of an address under every key; if it can't be decrypted, only the stored one."""
    return crypto.digests("address", enrolment.address) if enrolment.opens else (enrolment.address_digest,)


def addresses(user_id: int, method: str) -> tuple[str, ...]:
    """Return the addresses of a person's confirmed enrolments of one method."""
    rows = Enrolment.objects.filter(user_id=user_id, method=method, confirmed=True)
    return tuple(enrolment.address for enrolment in rows if enrolment.opens)


def of_address(address: str, *, method: str, user_id: int | None = None) -> Enrolment | None:
    """Find the confirmed enrolment with an address, of one person or of anyone."""
    rows = Enrolment.objects.select_related("user").filter(
        method=method, address_digest__in=crypto.digests("address", address), confirmed=True
    )
    found: Enrolment | None = (rows if user_id is None else rows.filter(user_id=user_id)).first()
    return found


def of_session(device: str) -> Enrolment | None:
    """Get the enrolment that django-otp names in a session, with its owner. Shape: `verification.enrolment/7`."""
    label, _slash, pk = device.partition("/")
    return _OF_SESSION.first(pk=int(pk)) if label == Enrolment.model_label() and pk.isdecimal() else None


def count(user_id: int, method: str) -> int:
    """Count a person's confirmed enrolments of one method."""
    return int(Enrolment.objects.filter(user_id=user_id, method=method, confirmed=True).count())


def is_rebound(user_id: int, *, since: datetime | None) -> bool:
    """Return whether every guessable method of a person was set up after an instant, or none is left."""
    mine = [c.enrolment for c in confirmed(user_id)]
    mine = [e for e in mine if method_registry.is_installed(e.method) and method_registry.method(e.method).is_counted]
    return all(since is None or (e.confirmed_at and e.confirmed_at > since) for e in mine)


def of_many(people: QuerySet[Any]) -> QuerySet[Enrolment]:
    """Return the confirmed enrolments of many people."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user__in=people, confirmed=True)
    return rows


def all_of_many(people: Collection[int]) -> QuerySet[Enrolment]:
    """Return all enrolments of people, confirmed or not, without their encrypted columns."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user__in=people)
    return rows.only("user_id", "method", "confirmed", "starts_at", "ends_at")


def by_ref(user_id: int, ref: str) -> Enrolment | None:
    """Get a confirmed enrolment of this person by its public reference, or None if it is someone else's."""
    found: Enrolment | None = Enrolment.objects.filter(user_id=user_id, ref=ref, confirmed=True).first()
    return found


def people_of_address(text: str) -> QuerySet[Enrolment]:
    """Find who uses a whole phone number or serial number. Shape: keys of people, as a subquery."""
    spellings = {text.strip(), text.strip().upper()}
    with suppress(phone_numbers.Impossible):
        number = phone_numbers.parse(text).e164
        spellings |= {number, phone_numbers.for_texts(number)}
    digests = [digest for spelling in spellings for digest in crypto.digests("address", spelling)]
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(address_digest__in=digests)
    return rows.values("user")  # type: ignore[return-value]  # one column of them


def is_everyday(enrolment: Enrolment) -> bool:
    """Return whether an enrolment is for everyday use: no backup, no pass, and its method is installed."""
    if not method_registry.is_installed(enrolment.method):
        return False
    method = method_registry.method(enrolment.method)
    return not isinstance(method, Backup | Temporary)


def by_id(user_id: int, enrolment_id: int) -> Enrolment | None:
    """Get a confirmed enrolment of this person by its key."""
    found: Enrolment | None = Enrolment.objects.filter(user_id=user_id, pk=enrolment_id, confirmed=True).first()
    return found
