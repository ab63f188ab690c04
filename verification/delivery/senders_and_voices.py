"""Rules for senders and voices that providers share."""

from collections.abc import Mapping

from verification import phone_numbers
from verification.delivery.provider_interface import SendRefused
from verification.models.messages import FailureReason

_LOCALES = {"en": "en-GB", "de": "de-DE", "fr": "fr-FR", "it": "it-IT", "es": "es-ES"}


def choose(senders: Mapping[str, str], number: str) -> str:
    """Choose a sender by the destination country; `*` is any other.

    Errors: `SendRefused` if there is none.
    """
    sender = senders.get(phone_numbers.country(number)) or senders.get("*")
    if not sender:
        raise SendRefused(FailureReason.COUNTRY_NOT_ALLOWED)
    return sender


def locale(language: str) -> str:
    """Return the locale of a voice for a language. Shape: `de` becomes `de-DE`, `de-CH` stays."""
    return language if "-" in language else _LOCALES.get(language, language)


def voice(voices: Mapping[str, str], language: str) -> str:
    """Choose a voice by the language, or by its first part. Empty for the provider's default."""
    return voices.get(language) or voices.get(language.split("-", maxsplit=1)[0], "")


def keys(extension: str, *, pause: str) -> str:
    """Write an extension in a provider's format, after a second of silence. Shape: `pause` is half a second."""
    return f"{pause}{pause}{extension}".replace(",", pause)
