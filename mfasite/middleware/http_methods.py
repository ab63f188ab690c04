"""HTTP methods: HEAD works wherever GET does, and OPTIONS lists what a URL allows."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse


class VerbsMiddleware:
    """Turn HEAD into GET for views, and drop the body of the response.

    Source: RFC 9110, 9.1 (every server must support GET and HEAD), 9.3.2, 9.3.7.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "HEAD":
            return self._head(request)
        response = self.get_response(request)
        if request.method == "OPTIONS" and isinstance(response, HttpResponseNotAllowed):
            return HttpResponse(status=204, headers={"Allow": _with_implied(response.headers["Allow"])})
        if isinstance(response, HttpResponseNotAllowed):
            response.headers["Allow"] = _with_implied(response.headers["Allow"])
        return response

    def _head(self, request: HttpRequest) -> HttpResponseBase:
        request.method = "GET"
        try:
            response = self.get_response(request)
        finally:
            request.method = "HEAD"
        if isinstance(response, StreamingHttpResponse):
            response.close()
            response.streaming_content = []
        elif isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response


def _with_implied(allowed: str) -> str:
    """Add the methods that every URL allows to those of a view. Shape: `GET, HEAD, OPTIONS, POST`."""
    verbs = {verb.strip() for verb in allowed.split(",")} | {"OPTIONS"}
    return ", ".join(sorted(verbs | ({"HEAD"} if "GET" in verbs else set())))
