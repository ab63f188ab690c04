"""What an operator sets for Twilio. Read at call time."""

from dataclasses import dataclass

from verification.delivery import sender_settings
from verification.setting import Section, Setting, formats

TWILIO = Section(
    "Twilio",
    "Texts and calls by the provider `twilio`. Receipts and key presses come to `PUBLIC_URL`, which must be the very "
    "address that Twilio reaches: its signature covers it, whatever a proxy in between makes of the request.",
    families=("TWILIO_",),
)

account_sid: Setting[str] = Setting(
    TWILIO,
    "TWILIO_ACCOUNT_SID",
    formats.text("the account, AC...", example="AC" + "1" * 32),
    default="",
    meaning="the account",
)
auth_tokens: Setting[tuple[str, ...]] = Setting(
    TWILIO,
    "TWILIO_AUTH_TOKENS",
    formats.words("auth tokens, separated by commas", example="a-token,the-token-before"),
    default=(),
    meaning="auth tokens; the first signs in, all are believed in callbacks (to change one)",
    is_secret=True,
)
messaging_service_sid: Setting[str] = Setting(
    TWILIO,
    "TWILIO_MESSAGING_SERVICE_SID",
    formats.text("the service, MG...", example="MG" + "2" * 32),
    default="",
    meaning="texts go out by this service; else by a sender",
)
senders: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_SENDERS",
    sender_settings.BY_COUNTRY,
    default={},
    meaning="senders by country, `*` being any other",
    is_sender=True,
)
call_senders: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_CALL_SENDERS",
    sender_settings.BY_COUNTRY,
    default={},
    default_text="the numbers of `TWILIO_SENDERS`",
    meaning="who calls, as people see it; names and short codes cannot call. Set it if the numbers for texts cannot",
    is_sender=True,
)
voices: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_VOICES",
    sender_settings.VOICES,
    default={},
    default_text="Twilio's own",
    meaning="voices by language",
)
base_url: Setting[str] = Setting(
    TWILIO,
    "TWILIO_BASE_URL",
    formats.url(example="https://api.dublin.ie1.twilio.com"),
    default="https://api.twilio.com",
    meaning="another region, or a mock",
)


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
    return Conf(
        account=account_sid(),
        tokens=auth_tokens(),
        service=messaging_service_sid(),
        senders=senders(),
        call_senders=call_senders() or sender_settings.numbers_of(senders()),
        voices=voices(),
        base_url=base_url(),
    )
