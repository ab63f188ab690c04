"""Keeps the console provider out of production."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def only_in_the_demo(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the console where real people sign in, because their codes would be logged."""
    if settings.DEMO:
        return []
    return [
        Error(
            "The console provider writes codes to the terminal and is for development only.",
            hint="Remove 'console' from DELIVERY_PROVIDERS, or set DEMO=1 on a machine where no real people sign in.",
            id="console.E001",
        )
    ]
