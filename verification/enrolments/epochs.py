"""Epochs: raising a person's epoch ends all their sessions, remembered browsers and passes."""

from collections.abc import Collection

from django.contrib.auth import get_user_model
from django.db.models import F

from verification.models.person import Person


def raise_epoch(user: Person) -> None:
    """End all sessions, remembered browsers and passes of a person, from the next request on."""
    rows = get_user_model().objects.filter(pk=user.pk)
    rows.update(epoch=F("epoch") + 1)
    user.epoch = rows.values_list("epoch", flat=True).get()


def raise_epochs(people: Collection[int]) -> None:
    """End all sessions and remembered browsers of many people, as `raise_epoch` does of one."""
    get_user_model().objects.filter(pk__in=people).update(epoch=F("epoch") + 1)
