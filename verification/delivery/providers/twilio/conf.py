"""Settings of the Twilio provider."""

from dataclasses import dataclass

from verification.declaring_settings import Setting, SettingsSection, formats
from verification.delivery.conf import sender_and_voice_formats

TWILIO = SettingsSection(
    "Twilio",
    "Texts and calls by the provider `twilio`. Twilio sends receipts and key presses to `PUBLIC_URL`, which must be "
    "exactly the address that Twilio calls, because its signature covers the address.",
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
    meaning="auth tokens: requests use the first, callbacks may be signed with any, so that you can change it",
    is_secret=True,
)
messaging_service_sid: Setting[str] = Setting(
    TWILIO,
    "TWILIO_MESSAGING_SERVICE_SID",
    formats.text("the service, MG...", example="MG" + "2" * 32),
    default="",
    meaning="the service that sends texts; without it, a sender does",
)
senders: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_SENDERS",
    sender_and_voice_formats.BY_COUNTRY,
    default={},
    meaning="senders by country; `*` is any other country",
    is_sender=True,
)
call_senders: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_CALL_SENDERS",
    sender_and_voice_formats.BY_COUNTRY,
    default={},
    default_text="the numbers of `TWILIO_SENDERS`",
    meaning="numbers that calls come from, by country; names and short codes can't call. Set it if the numbers for "
    "texts can't call",
    is_sender=True,
)
voices: Setting[dict[str, str]] = Setting(
    TWILIO,
    "TWILIO_VOICES",
    sender_and_voice_formats.VOICES,
    default={},
    default_text="Twilio's default",
    meaning="voices by language",
)
base_url: Setting[str] = Setting(
    TWILIO,
    "TWILIO_BASE_URL",
    formats.url(example="https://api.dublin.ie1.twilio.com"),
    default="https://api.twilio.com",
    meaning="the address of another region, or of a mock",
)


@dataclass(frozen=True, kw_only=True)
class Conf:
    """The account, and the numbers and voices that it uses.

    Shape: `tokens` are the auth tokens, the current one first; callbacks may still be signed with an older one.
    `senders` maps a country (ISO 3166, `*` for any other) to an E.164 number or a sender name, `voices` a language to
    a voice.
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
    """Return the settings as they are now."""
    return Conf(
        account=account_sid(),
        tokens=auth_tokens(),
        service=messaging_service_sid(),
        senders=senders(),
        call_senders=call_senders() or sender_and_voice_formats.numbers_of(senders()),
        voices=voices(),
        base_url=base_url(),
    )
