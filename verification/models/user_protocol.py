"""The protocol of users: what verification reads of them. The site's user model has these attributes."""

from datetime import datetime
from typing import Protocol


class Person(Protocol):
    """A user, as verification knows them."""

    pk: int
    email: str
    language: str
    is_staff: bool
    is_active: bool
    epoch: int
    second_step: str
    second_step_locked_at: datetime | None
    blocked_until: datetime | None
    securing_since: datetime | None
    bypass_until: datetime | None
    n_deferrals: int
    grace_ends_at: datetime | None

    def get_username(self) -> str: ...

    def get_full_name(self) -> str: ...
