"""Ends all sessions, remembered browsers and passes of a person, by raising their epoch."""

from collections.abc import Callable, Collection
from typing import TypeAlias

from django.contrib.auth import get_user_model
from django.db.models import F

from verification.models.user_protocol import Person

CHANGED = "account-changed"  # why, unless the caller knows better

# Gets the people, why, and the public name of a session that continues, or "".
Receiver: TypeAlias = "Callable[[Collection[int], str, str], object]"
_receivers: list[Receiver] = []


def on_raise(receiver: Receiver) -> Receiver:
    """Register a function that is called whenever epochs are raised, in the same transaction."""
    if receiver not in _receivers:
        _receivers.append(receiver)
    return receiver


def raise_epoch(user: Person, *, why: str = CHANGED, spared: str = "") -> None:
    """End all sessions, remembered browsers and passes of a person, from the next request on.

    Shape: `why` is a short code for what else ends; `spared` is the public name of a session that its caller carries
    over, and whose applications therefore stay signed in.
    """
    rows = get_user_model().objects.filter(pk=user.pk)
    rows.update(epoch=F("epoch") + 1)
    user.epoch = rows.values_list("epoch", flat=True).get()
    _announce([user.pk], why, spared)


def raise_epochs(people: Collection[int], *, why: str = CHANGED) -> None:
    """End all sessions and remembered browsers of many people, as `raise_epoch` does of one."""
    get_user_model().objects.filter(pk__in=people).update(epoch=F("epoch") + 1)
    _announce(people, why, "")


def _announce(people: Collection[int], why: str, spared: str) -> None:
    for receive in _receivers:
        receive(people, why, spared)
