"""The methods that a person can set up, at the first sign-in or later, with the recommended one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import limits, method_registry, time_format
from verification.delivery.routing import availability_during_outages, unavailability_words
from verification.method_base import Method
from verification.method_capabilities import AppGenerated, Backup, HandedOut
from verification.models import Channel, Enrolment


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A method as it is offered for setting up.

    `form_lead` stands above its fields. `unavailable_reason` says why it can't be set up now, or is empty.
    """

    name: str
    label: str
    explain: str
    icon: str
    caution: str
    form_class: type[forms.Form] | None
    form_lead: str
    is_recommended: bool
    is_backup: bool
    unavailable_reason: str = ""


def offers(
    allowed: Sequence[str], *, user_id: int, now: datetime | None = None, may_claim: bool = False
) -> tuple[Offer, ...]:
    """Return the methods that a person may set up, the strongest first; that one is recommended.

    Tokens are offered only to people who were assigned one, or who may take one from the stock. What can't work now,
    because of an outage or a spending limit, comes last.
    """
    waiting = set(Enrolment.objects.filter(user_id=user_id, confirmed=False).values_list("method", flat=True))
    if may_claim:
        waiting |= set(method_registry.names(HandedOut))
    known = (method for method in method_registry.methods().values() if method.name in allowed)
    usable = [method for method in known if not isinstance(method, HandedOut) or method.name in waiting]
    now = now or timezone.now()
    reasons = {method.name: _unavailable_reason(method, now) for method in usable if _is_sent(method, now)}
    ranked = sorted(
        (each for each in usable if each.name in reasons), key=lambda each: (reasons[each.name] != "", _rank(each))
    )
    return tuple(
        Offer(
            name=method.name,
            label=str(method.label),
            explain=str(method.explain),
            icon=method.icon,
            caution=str(method.caution),
            form_class=method.form_class,
            form_lead=str(method.form_lead or method.explain),
            is_recommended=method is ranked[0] and not isinstance(method, Backup) and not reasons[method.name],
            is_backup=isinstance(method, Backup),
            unavailable_reason=reasons[method.name],
        )
        for method in ranked
    )


def registration_offers(
    allowed: Sequence[str], *, user_id: int, now: datetime | None = None, may_claim: bool = False
) -> list[Offer]:
    """Return the methods that a person may register at the first sign-in or add later: `offers` without the backup."""
    every = offers(allowed, user_id=user_id, now=now, may_claim=may_claim)
    return [offer for offer in every if not offer.is_backup]


def _is_sent(method: Method, now: datetime) -> bool:
    """Return whether the organisation sends the method's messages, even if not at the moment."""
    return (
        not unavailability_words.why(method.kind, now) or availability_during_outages.off(method.kind, now) is not None
    )


def _unavailable_reason(method: Method, now: datetime) -> str:
    if why := unavailability_words.why(method.kind, now):
        return why
    until = limits.spending_stops_all_until(method.kind, now=now)
    if until is None:
        return ""
    return _("%(what)s are paused until %(moment)s.") % {
        "what": Channel(method.kind).plural,
        "moment": time_format.moment(until),
    }


def _rank(method: Method) -> tuple[int, ...]:
    """Rank a method by what it declares: strong ones first, an app after a device of its own, backups last."""
    return (
        isinstance(method, Backup),
        -method.rank,
        isinstance(method, AppGenerated),
        not method.is_allowed_by_default,
    )


def recommend(offers: Sequence[Offer], *, have: Collection[str]) -> tuple[Offer, ...]:
    """Put methods that a person already has after the others, and recommend the first that they don't have."""
    ordered = sorted(offers, key=lambda offer: (offer.unavailable_reason != "", offer.name in have))
    return tuple(
        replace(
            offer,
            is_recommended=place == 0
            and offer.name not in have
            and not offer.is_backup
            and not offer.unavailable_reason,
        )
        for place, offer in enumerate(ordered)
    )
