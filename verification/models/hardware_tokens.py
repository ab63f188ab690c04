"""Hardware tokens of the organisation: in stock, with a person, or retired."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from verification.keys import crypto
from verification.models.enrolments import Enrolment
from verification.models.random_row_handles import HandleField


class HardwareTokenQuerySet(models.QuerySet["HardwareToken"]):
    """Hardware tokens by where they are."""

    def in_stock(self) -> "HardwareTokenQuerySet":
        return self.filter(enrolment=None, retired_at=None)

    def with_people(self) -> "HardwareTokenQuerySet":
        return self.filter(enrolment__isnull=False)

    def retired(self) -> "HardwareTokenQuerySet":
        return self.filter(retired_at__isnull=False)


class HardwareToken(models.Model):
    """One token. Its secret is encrypted; its serial number is printed on its back and is no secret.

    Shape: `data` says how it computes its codes, as in an enrolment. `counter` and the clock's lead in `data` are those
    of its last person; while someone has it, their enrolment is more recent.
    """

    ref = HandleField(unique=True, editable=False)
    serial = models.CharField(max_length=64, unique=True)
    sealed_secret = models.TextField(editable=False)
    data = models.JSONField(default=dict, editable=False)
    counter = models.BigIntegerField(default=-1, editable=False)
    manufacturer = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False)
    enrolment = models.OneToOneField(Enrolment, on_delete=models.SET_NULL, null=True, related_name="token")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = HardwareTokenQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(enrolment=None) | Q(retired_at=None), name="nobody_has_a_retired_token"),
        )

    def __str__(self) -> str:
        return self.serial

    @property
    def name(self) -> str:
        """Return its maker and model."""
        return " ".join(part for part in (self.manufacturer, self.model) if part)[:64]

    @property
    def hint(self) -> str:
        """Return the end of the serial number, as people see it."""
        return f"…{self.serial[-4:]}"

    def is_good(self, now: datetime) -> bool:
        """Return whether its maker allows its use now."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)

    @property
    def secret(self) -> bytes:
        """The shared secret. Never shown."""
        return crypto.unseal(self.sealed_secret, purpose="secret", bound=self.bound())

    @secret.setter
    def secret(self, value: bytes) -> None:
        self.sealed_secret = crypto.seal(value, purpose="secret", bound=self.bound())

    @property
    def opens(self) -> bool:
        """Return whether the encrypted secret can be read."""
        try:
            return bool(self.secret)
        except crypto.Unsealable:
            return False

    def bound(self) -> str:
        """Return the row and column that the encrypted secret is bound to."""
        return f"hardware_token.secret:{self.ref}"
