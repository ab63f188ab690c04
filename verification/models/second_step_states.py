"""The states of a person's second step: disabled, enabled and enforced."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SecondStep(models.TextChoices):
    """What is required of a person: nothing, registration at the next sign-in, or always the second step."""

    DISABLED = "disabled", _("disabled")
    ENABLED = "enabled", _("enabled")
    ENFORCED = "enforced", _("enforced")
