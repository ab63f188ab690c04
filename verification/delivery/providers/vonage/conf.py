"""What an operator sets for Vonage. Read at call time."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from verification.delivery import senders


@dataclass(frozen=True, kw_only=True)
class Conf:
    """The application, and by which numbers and voices it speaks.

    Shape: `private_key` PEM (PKCS 8); `secrets` sign its callbacks, any of them is believed. `senders` maps a country
    (ISO 3166, `*` for any other) to an E.164 number or a sender name, `voices` a language to a number of style.
    """

    application: str
    private_key: str
    secrets: tuple[str, ...]
    senders: dict[str, str]
    call_senders: dict[str, str]
    voices: dict[str, str]
    base_url: str

    @property
    def is_complete(self) -> bool:
        return bool(self.application and self.private_key and (self.senders or self.call_senders))


def read() -> Conf:
    """Read the settings."""

    def get(name: str, default: Any) -> Any:
        return getattr(settings, f"VONAGE_{name}", default)

    return Conf(
        application=get("APPLICATION_ID", ""),
        private_key=get("PRIVATE_KEY", ""),
        secrets=tuple(get("SIGNATURE_SECRETS", ())),
        senders=get("SENDERS", {}),
        call_senders=get("CALL_SENDERS", {}) or senders.numbers_of(get("SENDERS", {})),
        voices=get("VOICES", {}),
        base_url=get("BASE_URL", "https://api.nexmo.com").rstrip("/"),
    )
