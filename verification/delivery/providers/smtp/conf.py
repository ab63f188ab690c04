"""Settings of email: Django's own."""

from collections.abc import Iterator
from typing import Final

from verification.conf import support_email
from verification.declaring_settings import Setting, SettingsSection, SettingValues, formats

_IMPLICIT_TLS: Final = 465  # RFC 8314, 7.3


def _one_kind_of_tls(values: SettingValues) -> Iterator[str]:
    if values[use_ssl] and values[use_tls]:
        yield "Set EMAIL_USE_SSL=1 (TLS from the start, port 465) or EMAIL_USE_TLS=1 (STARTTLS), not both."


SMTP = SettingsSection(
    "Email",
    "By the provider `smtp`, which sends notices and password links. `EMAIL_USE_TLS=1` (the default) uses STARTTLS, "
    "usually on port 587. `EMAIL_USE_SSL=1`, the default on port 465, is TLS from the first byte. `EMAIL_USE_TLS=0` "
    "sends without encryption, to a mail server on this machine.",
    families=("EMAIL_",),
    rules=(_one_kind_of_tls,),
)

host: Setting[str] = Setting(
    SMTP, "EMAIL_HOST", formats.text(example="mail.example.net"), default="localhost", meaning="the mail server"
)
port: Setting[int] = Setting(
    SMTP, "EMAIL_PORT", formats.whole_number(1, 65_535), default=587, demo=25, meaning="its port"
)
user: Setting[str] = Setting(
    SMTP,
    "EMAIL_HOST_USER",
    formats.text(example="two-step"),
    default="",
    meaning="the username, if the server requires one",
)
password: Setting[str] = Setting(
    SMTP,
    "EMAIL_HOST_PASSWORD",
    formats.text(example="a-password"),
    default="",
    meaning="the password, if the server requires one",
    is_secret=True,
)
use_ssl: Setting[bool] = Setting(
    SMTP,
    "EMAIL_USE_SSL",
    formats.flag,
    default=False,
    derive=lambda values: values[port] == _IMPLICIT_TLS,
    default_text="1 on port 465",
    meaning="1: TLS from the first byte",
)
use_tls: Setting[bool] = Setting(
    SMTP,
    "EMAIL_USE_TLS",
    formats.flag,
    default=True,
    demo=False,
    derive=lambda values: not values[use_ssl],
    default_text="1, unless `EMAIL_USE_SSL` is 1",
    meaning="1: STARTTLS",
)
timeout: Setting[int] = Setting(
    SMTP,
    "EMAIL_TIMEOUT",
    formats.whole_number(1, 9),  # below the shortest lease of a message
    default=8,
    unit="seconds",
    meaning="how long to wait for the server",
)
sender: Setting[str] = Setting(
    SMTP,
    "DEFAULT_FROM_EMAIL",
    formats.text("an email address", example="Two-step <no-reply@example.net>", pattern=r"[^@\n]+@[^@\s]+"),
    default="no-reply@localhost",
    derive=lambda values: values[support_email] or "no-reply@localhost",
    default_text="`SUPPORT_EMAIL`",
    meaning="the sender of emails",
)
