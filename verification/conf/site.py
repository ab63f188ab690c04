"""Settings that the whole service needs: its address, its keys and its methods."""

from django.conf import settings

from verification.setting import Setting, SettingsSection, formats

START = SettingsSection("Required", "The service does not start without these.", families=("MFA_",))
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


def methods() -> tuple[str, ...]:
    """Return the packages of the installed methods, in the order in which they are offered."""
    return tuple(getattr(settings, "VERIFICATION_METHODS", ()))
