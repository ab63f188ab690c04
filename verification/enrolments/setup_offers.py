"""The methods that a person can set up, with the recommended one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.utils import timezone

from verification import registry
from verification.capabilities import AppGenerated, Backup, HandedOut
from verification.delivery.routing import availability
from verification.method import Method
from verification.models import Enrolment


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A method as it is offered for setting up."""

    name: str
    label: str
    explain: str
    icon: str
    caution: str
    form_class: type[forms.Form] | None
    is_recommended: bool
    is_backup: bool


def offers(
    allowed: Sequence[str], *, user_id: int, now: datetime | None = None, may_claim: bool = False
) -> tuple[Offer, ...]:
    """Return the methods that a person may set up, the strongest first; that one is recommended.

    Tokens are offered only to people who were assigned one, or who may take one from the stock.
    """
    waiting = set(Enrolment.objects.filter(user_id=user_id, confirmed=False).values_list("method", flat=True))
    if may_claim:
        waiting |= set(registry.names(HandedOut))
    known = (method for method in registry.methods().values() if method.name in allowed)
    usable = [method for method in known if not isinstance(method, HandedOut) or method.name in waiting]
    now = now or timezone.now()
    usable = [method for method in usable if not availability.why(method.kind, now)]
    ranked = sorted(usable, key=_rank)
    return tuple(
        Offer(
            name=method.name,
            label=str(method.label),
            explain=str(method.explain),
            icon=method.icon,
            caution=str(method.caution),
            form_class=method.form_class,
            is_recommended=method is ranked[0] and not isinstance(method, Backup),
            is_backup=isinstance(method, Backup),
        )
        for method in ranked
    )


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
    ordered = sorted(offers, key=lambda offer: offer.name in have)
    return tuple(
        replace(offer, is_recommended=place == 0 and offer.name not in have and not offer.is_backup)
        for place, offer in enumerate(ordered)
    )
