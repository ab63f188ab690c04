"""Settings of the Vonage provider."""

from dataclasses import dataclass

from verification.declaring_settings import Format, Setting, SettingsSection, formats
from verification.delivery.conf import sender_and_voice_formats

VONAGE = SettingsSection(
    "Vonage",
    "Texts and calls by the provider `vonage`. Vonage sends receipts and key presses to `PUBLIC_URL`. Their signature "
    "covers the body and the time, which may differ from ours by five minutes, and Vonage's id binds them to a "
    "message. Turn on *signed webhooks* for the account.",
    families=("VONAGE_",),
)

application_id: Setting[str] = Setting(
    VONAGE,
    "VONAGE_APPLICATION_ID",
    formats.text("the id of an application", example="78d335fa-323d-0114-9c3d-d6f0d48968cf"),
    default="",
    meaning="the application, with the capabilities Messages and Voice",
)
private_key: Setting[str] = Setting(
    VONAGE,
    "VONAGE_PRIVATE_KEY",
    Format("a private key (PEM)", lambda text: text.replace("\\n", "\n"), "-----BEGIN PRIVATE KEY-----"),
    default="",
    meaning="the application's private key as Vonage gave it (PEM); in a variable, write `\\n` for the end of a line",
    is_secret=True,
)
signature_secrets: Setting[tuple[str, ...]] = Setting(
    VONAGE,
    "VONAGE_SIGNATURE_SECRETS",
    formats.words("signature secrets, separated by commas", example="a-signature-secret-of-more-than-32-characters"),
    default=(),
    meaning="the account's signature secrets, 32 characters or more each; callbacks may be signed with any of them",
    is_secret=True,
)
senders: Setting[dict[str, str]] = Setting(
    VONAGE,
    "VONAGE_SENDERS",
    sender_and_voice_formats.BY_COUNTRY,
    default={},
    meaning="senders by country, numbers or names; `*` is any other country",
    is_sender=True,
)
call_senders: Setting[dict[str, str]] = Setting(
    VONAGE,
    "VONAGE_CALL_SENDERS",
    sender_and_voice_formats.BY_COUNTRY,
    default={},
    default_text="the numbers of `VONAGE_SENDERS`",
    meaning="numbers that calls come from, by country",
    is_sender=True,
)
voices: Setting[dict[str, str]] = Setting(
    VONAGE,
    "VONAGE_VOICES",
    formats.pairs(example="de=1,fr=0"),
    default={},
    default_text="Vonage's default",
    meaning="voice styles by language",
)
base_url: Setting[str] = Setting(
    VONAGE,
    "VONAGE_BASE_URL",
    formats.url(example="https://api-eu.vonage.com"),
    default="https://api.nexmo.com",
    meaning="the address of another region",
)


@dataclass(frozen=True, kw_only=True)
class Conf:
    """The application, and the numbers and voices that it uses.

    Shape: `private_key` is PEM (PKCS 8); callbacks may be signed with any of `secrets`. `senders` maps a country (ISO
    3166, `*` for any other) to an E.164 number or a sender name, `voices` a language to the number of a style.
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
    """Return the settings as they are now."""
    return Conf(
        application=application_id(),
        private_key=private_key(),
        secrets=signature_secrets(),
        senders=senders(),
        call_senders=call_senders() or sender_and_voice_formats.numbers_of(senders()),
        voices=voices(),
        base_url=base_url().rstrip("/"),
    )
