"""Searches, filters and sorts a user's app passwords, and says which are unused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from accounts.app_passwords import limits
from accounts.models import AppPassword

_NEVER = datetime.min.replace(tzinfo=UTC)


class Order(StrEnum):
    """What a list is sorted by. The values stand in addresses."""

    CREATED = "created"
    NAME = "name"
    USED = "used"


@dataclass(frozen=True)
class AppPasswordSearch:
    """What to list. Shape: `words` may be empty; all of them must be in the name, in any case."""

    words: str = ""
    order: Order = Order.CREATED
    is_unused: bool = False

    @property
    def narrows(self) -> bool:
        """Say whether some may be left out."""
        return bool(self.words.split()) or self.is_unused


def is_unused(row: AppPassword, now: datetime) -> bool:
    """Return whether an app password was never used, or not for a long time."""
    return row.last_used_at is None or now - row.last_used_at > limits.UNUSED_AFTER


def is_forgotten(row: AppPassword, now: datetime) -> bool:
    """Return whether an app password is unused, and was created long ago."""
    return is_unused(row, now) and now - row.made_at > limits.UNUSED_AFTER


def found(rows: Iterable[AppPassword], search: AppPasswordSearch, *, now: datetime) -> list[AppPassword]:
    """Return the rows that a search finds, in its order: names from A, dates from the newest."""
    words = search.words.casefold().split()
    fitting = [
        row
        for row in rows
        if all(word in row.name.casefold() for word in words) and (not search.is_unused or is_unused(row, now))
    ]
    key, is_newest_first = _KEYS[search.order]
    return sorted(fitting, key=key, reverse=is_newest_first)


_KEYS: dict[Order, tuple[Callable[[AppPassword], Any], bool]] = {
    Order.CREATED: (lambda row: (row.made_at, row.pk), True),
    Order.NAME: (lambda row: (row.name.casefold(), row.pk), False),
    Order.USED: (lambda row: (row.last_used_at or _NEVER, row.pk), True),
}
