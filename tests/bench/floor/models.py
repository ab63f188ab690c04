"""The floor's three tables: whose app or number proves them, which codes were texted, and what happened."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class FloorDevice(models.Model):
    """An authenticator app, or a number. `last_step` is the newest step that was used."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    secret = models.BinaryField()
    number = models.CharField(max_length=20, blank=True)
    last_step = models.BigIntegerField(default=-1)

    objects: ClassVar["models.Manager[FloorDevice]"] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return f"app of {self.user}"


class FloorText(models.Model):
    """One code that goes to a number."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    number = models.CharField(max_length=20)
    code = models.CharField(max_length=6)
    at = models.DateTimeField()
    is_used = models.BooleanField(default=False)

    objects: ClassVar["models.Manager[FloorText]"] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return f"code for {self.user}"


class FloorEntry(models.Model):
    """One line of the record."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    network = models.CharField(max_length=45)
    agent = models.CharField(max_length=300)

    objects: ClassVar["models.Manager[FloorEntry]"] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.kind
