"""Middleware: an id for each request, for the log, from a trusted proxy or a new one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from accounts import client_address
from mfasite.observability import request_ids


class RequestId:
    """Give each request an id for the log, from a trusted proxy or a new one. The response contains it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Start a request id and return it in the response."""
        name = request_ids.begin(request.headers.get("X-Request-ID", "") if client_address.is_proxied(request) else "")
        response = self.get_response(request)
        response.headers["X-Request-ID"] = name
        return response
