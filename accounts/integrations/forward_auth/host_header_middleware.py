"""Middleware: accept requests of proxies that put the application's host into `Host` instead of ours."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_ENDPOINT = "/integrations/forward-auth/"


class OwnHost:
    """Give requests of proxies our own host, whatever they name. Caddy and Envoy keep the application's.

    Nothing is lost: the application's host is read from X-Forwarded-Host, and the proxy's secret says who asks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_ENDPOINT):
            request.META["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc
        return self.get_response(request)
