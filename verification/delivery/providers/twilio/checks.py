"""Tells before the start what Twilio still lacks."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from . import conf


@register
def is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Want the account, a token, and something to send from."""
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
            f"The Twilio provider lacks {', '.join(missing)}.",
            hint="Set them in the environment, or take 'twilio' out of DELIVERY_PROVIDERS.",
            id="twilio.E001",
        )
    ]
