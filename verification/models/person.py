"""What verification reads of a user. The site's user model has these attributes."""

from datetime import datetime
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _


class SecondStep(models.TextChoices):
    """What is required of a person: nothing, registration at the next sign-in, or always the second step."""

    DISABLED = "disabled", _("disabled")
    ENABLED = "enabled", _("enabled")
    ENFORCED = "enforced", _("enforced")


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
