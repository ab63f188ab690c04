"""Keeps the virtual phone out of production."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def only_in_the_demo(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the virtual phone where real people sign in: whoever opens its page reads everybody's codes."""
    if settings.DEMO:
        return []
    return [
        Error(
            "The virtual phone shows every code to everybody and is for the demo only.",
            hint="Take 'virtual' out of DELIVERY_PROVIDERS, or set DEMO=1 on a machine that nobody signs in to.",
            id="virtual.E001",
        )
    ]
