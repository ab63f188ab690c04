"""Speaks to signed-in people in their language and time."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts import standing


class PreferencesMiddleware:
    """Sets the time zone and language of the person whose request it is; a session that is worth nothing sets none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = standing.of(request).user if request.session.get(standing.KEY) else None
        if user is not None and user.language:
            translation.activate(user.language)
        if user is None or not user.time_zone:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(user.time_zone)):
            return self.get_response(request)
