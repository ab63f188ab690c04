"""How the virtual network treats a number: what it delays, loses, fails and repeats."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Acceptance(models.TextChoices):
    """What happens at the moment a message is handed over."""

    TAKE = "take", _("Takes it")
    REFUSE = "refuse", _("Refuses it for now")
    BAR = "bar", _("Refuses it for good")
    LOSE_BEFORE = "lose_before", _("Says nothing and drops it")
    LOSE_AFTER = "lose_after", _("Takes it but says nothing")


class Behaviour(models.Model):
    """How messages to one number are treated. The row without a number applies to all numbers that have no row."""

    # What can be set, apart from the number.
    TERMS = (
        "acceptance",
        "refusal",
        "outcome",
        "send_latency_ms",
        "delay_ms",
        "n_repeats",
        "reorders_receipts",
        "holds_receipts",
    )

    number = models.CharField(max_length=20, unique=True, blank=True)
    acceptance = models.CharField(max_length=12, choices=Acceptance.choices, default=Acceptance.TAKE)
    refusal = models.CharField(max_length=20, blank=True)  # our Reason, told when a message is refused
    outcome = models.CharField(max_length=20, blank=True)  # our Reason, told by receipt; empty: it arrives
    send_latency_ms = models.PositiveIntegerField(default=0)
    delay_ms = models.PositiveIntegerField(default=0)
    n_repeats = models.PositiveSmallIntegerField(default=0)
    reorders_receipts = models.BooleanField(default=False)
    holds_receipts = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.number or "all numbers"
