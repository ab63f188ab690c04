"""Enrolments: one method set up by one person, and the single-use codes of some methods."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_otp.models import Device, DeviceManager

from verification.keys import crypto
from verification.models.random_row_handles import HandleField


class Enrolment(Device):  # type: ignore[misc]  # django-otp ships no types
    """One method of one person. It is also the django-otp device of a verified session.

    Number, credential id or serial number, and the secret are encrypted; `hint` is the masked form that people see.
    Outside `starts_at` and `ends_at`, if they are set, it can't be used.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    ref = HandleField(editable=False)
    method = models.CharField(max_length=32)
    sealed_address = models.TextField(blank=True, editable=False)
    address_digest = models.CharField(max_length=64, blank=True, editable=False)
    hint = models.CharField(max_length=64, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    is_default = models.BooleanField(default=False)
    starts_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    # What a use changes stands together: see `Challenge`.
    data = models.JSONField(default=dict, blank=True, editable=False)
    counter = models.BigIntegerField(default=-1, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    # The kind of number, if the organisation supplies it and the person has not verified it.
    supplied = models.CharField(max_length=10, blank=True, editable=False)
    # The person says that their app runs on something other than their phone.
    is_on_another_device = models.BooleanField(default=False)

    objects: ClassVar[DeviceManager] = DeviceManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["ref"], name="one_enrolment_a_name"),
            models.UniqueConstraint(fields=["user"], condition=models.Q(is_default=True), name="one_default_enrolment"),
            models.UniqueConstraint(
                fields=["user", "method", "address_digest"],
                condition=models.Q(confirmed=True) & ~models.Q(address_digest=""),
                name="one_enrolment_an_address",
            ),
        )
        # None for LIKE, as `unique=True` and `db_index=True` add to text.
        indexes = (
            models.Index(fields=["user"], condition=~models.Q(supplied=""), name="supplied_enrolments"),
            models.Index(fields=["address_digest"], name="enrolments_of_an_address"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.hint}".strip()

    def is_good(self, now: datetime) -> bool:
        """Return whether it is valid now. Without `starts_at` and `ends_at` it always is."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)

    def bound(self, column: str) -> str:
        """Return the row and column that an encrypted value is bound to."""
        return f"enrolment.{column}:{self.ref}:{self.user_id}"

    @property
    def opens(self) -> bool:
        """Return whether its encrypted values can be read. If not, only this enrolment can't be used."""
        try:
            return (self.address, self.secret) is not None
        except crypto.Unsealable:
            return False

    @property
    def address(self) -> str:
        """The whole number, credential id or serial number. Never show, log or list it."""
        if not self.sealed_address:
            return ""
        return crypto.unseal(self.sealed_address, purpose="address", bound=self.bound("address")).decode()

    @address.setter
    def address(self, value: str) -> None:
        bound = self.bound("address")
        self.sealed_address = crypto.seal(value.encode(), purpose="address", bound=bound) if value else ""
        self.address_digest = crypto.digest("address", value) if value else ""

    @property
    def secret(self) -> bytes:
        """The shared secret of an app or token. Never shown after setup."""
        if not self.sealed_secret:
            return b""
        return crypto.unseal(self.sealed_secret, purpose="secret", bound=self.bound("secret"))

    @secret.setter
    def secret(self, value: bytes) -> None:
        self.sealed_secret = crypto.seal(value, purpose="secret", bound=self.bound("secret")) if value else ""


class SingleUseCode(models.Model):
    """A code that works once. The digest of its first part finds the row, and its hash checks the whole code."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="single_use_codes")
    prefix_digest = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=128, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["enrolment", "prefix_digest"], name="one_code_a_prefix"),)

    def __str__(self) -> str:
        return f"single-use code {self.pk}"
