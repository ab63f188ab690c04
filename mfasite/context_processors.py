"""Template context about the organisation. It comes only from settings, so that error pages can use it too."""

from django.conf import settings
from django.http import HttpRequest

from mfasite import conf
from mfasite.demo import provider_pages
from verification import conf as engine


def organisation(request: HttpRequest | None = None) -> dict[str, object]:
    """Return the organisation, how to reach its support, and the URL of the demo's phone if there is one."""
    return {
        "organisation": {
            "name": engine.organisation_name(),
            "logo": conf.organisation_logo_url(),
            "accent": conf.accent_colour(),
        },
        "support": {
            "name": engine.support_name(),
            "phone": engine.support_phone(),
            "email": engine.support_email(),
            "hours": engine.support_hours(),
        },
        "demo": settings.DEMO,
        "phone_url": provider_pages.phone_url() if settings.DEMO else "",
    }
