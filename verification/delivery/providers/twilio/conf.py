"""What an operator sets for Twilio. Read at call time."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from verification.delivery import senders


@dataclass(frozen=True, kw_only=True)
class Conf:
    """The account, and by which numbers and voices it speaks.

    Shape: `tokens` the auth tokens, the present one first; an older one is still believed in callbacks. `senders` maps
    a country (ISO 3166, `*` for any other) to an E.164 number or a sender name, `voices` a language to a voice.
    """

    account: str
    tokens: tuple[str, ...]
    service: str
    senders: dict[str, str]
    call_senders: dict[str, str]
    voices: dict[str, str]
    base_url: str

    @property
    def is_complete(self) -> bool:
        return bool(self.account and self.tokens and (self.service or self.senders or self.call_senders))


def read() -> Conf:
    """Read the settings."""

    def get(name: str, default: Any) -> Any:
        return getattr(settings, f"TWILIO_{name}", default)

    return Conf(
        account=get("ACCOUNT_SID", ""),
        tokens=tuple(get("AUTH_TOKENS", ())),
        service=get("MESSAGING_SERVICE_SID", ""),
        senders=get("SENDERS", {}),
        call_senders=get("CALL_SENDERS", {}) or senders.numbers_of(get("SENDERS", {})),
        voices=get("VOICES", {}),
        base_url=get("BASE_URL", "https://api.twilio.com"),
    )
