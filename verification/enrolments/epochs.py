"""End every session, remembered browser and pass of a person by raising their epoch."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F


def raise_epoch(user: Any) -> None:
    """End all sessions, remembered browsers and passes of a person, from the next request on."""
    get_user_model().objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    user.refresh_from_db(fields=["epoch"])


def raise_epochs(people: Collection[int]) -> None:
    """End all sessions and remembered browsers of many people, as `raise_epoch` does of one."""
    get_user_model().objects.filter(pk__in=people).update(epoch=F("epoch") + 1)
