"""Reads the context of a request: time, network, browser, cookies, language. Everything below takes the values."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from accounts import client_address
from verification import inputs
from verification.browsers import user_agents
from verification.context import Context

_MAX_HEADER_LENGTH = 300  # characters, of the User-Agent and each cookie that we keep


def read(request: HttpRequest) -> Context:
    """Return the context of a request. This is where the clock is read."""
    return Context(
        now=timezone.now(),
        network=client_address.network(request),
        agent=user_agents.short(inputs.shortened(request.headers.get("User-Agent", ""), max_length=_MAX_HEADER_LENGTH)),
        browser=request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")[:_MAX_HEADER_LENGTH],
        device=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")[:_MAX_HEADER_LENGTH],
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )
