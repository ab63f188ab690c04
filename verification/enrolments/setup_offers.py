"""The methods that a person is offered to set up, with the one that is recommended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils import timezone

from verification import registry
from verification.capabilities import Backup, HandedOut
from verification.delivery.routing import availability
from verification.models import Enrolment


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A method as it is offered for setting up."""

    name: str
    label: str
    explain: str
    icon: str
    form_class: type[forms.Form] | None
    is_recommended: bool
    is_backup: bool


def offers(
    allowed: Sequence[str], *, user_id: int, now: datetime | None = None, may_claim: bool = False
) -> tuple[Offer, ...]:
    """List the methods that a person may set up, in order; the strongest is recommended.

    Tokens are offered only to people who were assigned one, or who may take one from the stock.
    """
    waiting = set(Enrolment.objects.filter(user_id=user_id, confirmed=False).values_list("method", flat=True))
    if may_claim:
        waiting |= set(registry.names(HandedOut))
    known = (method for method in registry.methods().values() if method.name in allowed)
    usable = [method for method in known if not isinstance(method, HandedOut) or method.name in waiting]
    now = now or timezone.now()
    usable = [method for method in usable if not availability.why(method.kind, now)]
    best = max((method.strength for method in usable if not isinstance(method, Backup)), default=0)
    return tuple(
        Offer(
            name=method.name,
            label=str(method.label),
            explain=str(method.explain),
            icon=method.icon,
            form_class=method.form_class,
            is_recommended=not isinstance(method, Backup) and method.strength == best,
            is_backup=isinstance(method, Backup),
        )
        for method in usable
    )
