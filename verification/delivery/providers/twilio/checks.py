"""System checks of Twilio's settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from . import conf


@register
def is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Require the account, a token and senders."""
    here = conf.read()
    wanted = {
        "TWILIO_ACCOUNT_SID": here.account,
        "TWILIO_AUTH_TOKENS": here.tokens,
        "TWILIO_MESSAGING_SERVICE_SID or TWILIO_SENDERS": here.service or here.senders,
        "TWILIO_CALL_SENDERS or TWILIO_SENDERS": here.call_senders,
    }
    missing = [name for name, value in wanted.items() if not value]
    if not missing:
        return []
    return [
        Error(
            f"Settings of the Twilio provider are missing: {', '.join(missing)}.",
            hint="Set them in the environment, or remove 'twilio' from DELIVERY_PROVIDERS.",
            id="twilio.E001",
        )
    ]
