"""System checks of Vonage's settings."""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from . import conf

_MIN_SECRET_BYTES = 32  # Source: RFC 7518, 3.2, for HS256


@register
def is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Require the application, its key, senders, and secrets that are long enough."""
    here = conf.read()
    wanted = {
        "VONAGE_APPLICATION_ID": here.application,
        "VONAGE_PRIVATE_KEY": here.private_key,
        "VONAGE_SIGNATURE_SECRETS": here.secrets,
        "VONAGE_SENDERS": here.senders,
        "VONAGE_CALL_SENDERS or VONAGE_SENDERS": here.call_senders,
    }
    missing = ", ".join(name for name, value in wanted.items() if not value)
    found = [
        (
            bool(missing),
            1,
            f"Settings of the Vonage provider are missing: {missing}.",
            "Set them in the environment, or remove 'vonage' from DELIVERY_PROVIDERS.",
        ),
        (
            bool(here.private_key) and not _is_key(here.private_key),
            2,
            "VONAGE_PRIVATE_KEY is not a private key in PEM.",
            "Set VONAGE_PRIVATE_KEY_FILE to the path of the key file that Vonage gave you for the application.",
        ),
        (
            any(len(secret.encode()) < _MIN_SECRET_BYTES for secret in here.secrets),
            3,
            f"A secret in VONAGE_SIGNATURE_SECRETS is shorter than {_MIN_SECRET_BYTES} characters.",
            "Choose a longer one in Vonage's settings, because anyone who guesses it can forge receipts.",
        ),
        (
            not all(style.isdecimal() for style in here.voices.values()),
            4,
            "VONAGE_VOICES contains a style that is not a number.",
            "Write pairs such as de=1,fr=0.",
        ),
    ]
    return [Error(words, hint=hint, id=f"vonage.E{number:03}") for is_so, number, words, hint in found if is_so]


def _is_key(text: str) -> bool:
    try:
        load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        return False
    return "BEGIN PRIVATE KEY" in text
