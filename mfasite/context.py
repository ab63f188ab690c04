"""What every page may say about its house; from the settings alone, so that error pages can use it too."""

from django.conf import settings
from django.http import HttpRequest

from mfasite import providers


def organisation(request: HttpRequest | None = None) -> dict[str, object]:
    """Return the organisation, how to reach its support, and the way to the demo's phone if there is one."""
    return {
        "organisation": {
            "name": settings.ORGANISATION_NAME,
            "logo": settings.ORGANISATION_LOGO_URL,
            "accent": settings.ACCENT_COLOUR,
        },
        "support": {
            "name": settings.SUPPORT_NAME,
            "phone": settings.SUPPORT_PHONE,
            "email": settings.SUPPORT_EMAIL,
            "hours": settings.SUPPORT_HOURS,
        },
        "demo": settings.DEMO,
        "phone_url": providers.phone_url() if settings.DEMO else "",
    }
