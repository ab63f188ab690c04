"""Keeps the virtual phone out of production."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def only_in_the_demo(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the virtual phone where real people sign in: anyone who opens its page can read all codes."""
    if settings.DEMO:
        return []
    return [
        Error(
            "The virtual phone shows all codes to everyone. It is for the demo only.",
            hint="Remove 'virtual' from DELIVERY_PROVIDERS. For a demo, set DEMO=1 on a machine without real users.",
            id="virtual.E001",
        )
    ]
