"""What the engine reads of a person. The user model of the site has it, whatever else it has."""

from datetime import datetime
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _


class SecondStep(models.TextChoices):
    """What is asked of a person: nothing, to register at the next sign-in, or the second step always."""

    DISABLED = "disabled", _("disabled")
    ENABLED = "enabled", _("enabled")
    ENFORCED = "enforced", _("enforced")


class Person(Protocol):
    """A person, as the engine knows them."""

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
