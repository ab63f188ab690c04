"""Middleware that sets the language and time zone which a person chose in their profile."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.sessions import session_assurance


class PreferencesMiddleware:
    """Set the time zone and language of the signed-in user. A session without assurance sets neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = session_assurance.of(request).user if request.session.get(session_assurance.KEY) else None
        if user is not None and user.language:
            translation.activate(user.language)
        zone = _zone(user.time_zone) if user is not None else None
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Return a time zone by name. None if there is no such zone, because zones are renamed and dropped."""
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
