"""Settings that the service can't start without: its address and its keys."""

from verification.conf.sections import START
from verification.declaring_settings import Setting, formats

public_url: Setting[str] = Setting(
    START,
    "PUBLIC_URL",
    formats.site,
    default="",
    demo="http://localhost:8000",
    meaning="the address that people and providers use, such as `https://mfa.example.org`",
    is_required=True,
)
keys: Setting[tuple[tuple[str, bytes], ...]] = Setting(
    START,
    "MFA_KEYS",
    formats.keys,
    default=(),
    meaning="keys that encrypt secrets: the first encrypts, all decrypt. `manage.py reencrypt` says when an old one "
    "can be removed",
    is_required=True,
    is_secret=True,
)
