"""The one endpoint of the SCIM server. It reads no session, and loads the rest at the first request of a directory."""

import json
import time
from importlib import import_module
from typing import Protocol, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError

from accounts import request_context
from accounts.integrations import endpoints_without_page_middleware
from accounts.integrations.endpoints_without_page_middleware import for_programs, refuses_unreadable
from accounts.integrations.scim import metrics, request_log, requests_and_responses, size_limits, token_authentication
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse
from accounts.integrations.scim.token_authentication import AuthenticatedDirectory
from accounts.models import ScimRequest
from verification import conf, inputs

BASE = "/scim/v2"
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class _RequestDispatch(Protocol):
    """The module `request_dispatch`."""

    def answer(self, caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ScimResponse: ...


def _request_dispatch() -> _RequestDispatch:
    """Load what needs scim2-models, at the first request: with pydantic it takes 30 MiB, which others are spared."""
    return cast("_RequestDispatch", import_module("accounts.integrations.scim.request_dispatch"))


def _unreadable(_request: HttpRequest) -> HttpResponse:
    return _sent(requests_and_responses.error(400, endpoints_without_page_middleware.UNREADABLE))


@for_programs
@refuses_unreadable(_unreadable)
def serve(request: HttpRequest, below: str = "") -> HttpResponse:
    """Answer any SCIM request."""
    method = request.method or ""
    if method not in _METHODS:
        return HttpResponseNotAllowed(_METHODS)
    started = time.perf_counter()
    body = _body(request)  # before the token is checked: a sender can hold back its end until the token is revoked
    context = request_context.read(request)
    parts = tuple(part for part in below.split("/") if part)
    caller = token_authentication.of(request.headers.get("Authorization", ""), context)
    if isinstance(caller, token_authentication.AuthenticationRefusal):
        answer = caller.answer
    elif body is None:
        answer = requests_and_responses.error(
            413, f"Send at most {size_limits.MAX_REQUEST_BYTES} bytes in one request.", problem="size"
        )
    else:
        call = IncomingScimRequest(
            method=method,
            path=parts,
            query=request.GET.dict(),
            content_type=request.content_type or "",
            body=body,
            base=f"{conf.public_url().rstrip('/')}{BASE}",
            context=context,
        )
        answer = _request_dispatch().answer(caller, call)
    seconds = time.perf_counter() - started
    endpoint = parts[0] if parts else ""
    metrics.count(method, endpoint, answer.status, seconds)
    if caller.directory is not None:
        request_log.note(
            ScimRequest(
                directory_id=caller.directory.pk,
                at=context.now,
                method=method,
                endpoint=inputs.shortened(endpoint, max_length=30),
                resource_id=inputs.shortened(parts[1], max_length=64) if len(parts) > 1 else "",
                status=answer.status,
                problem=answer.problem[:30],
                ignored=list(answer.ignored),
                milliseconds=round(1000 * seconds),
                network=context.network,
            )
        )
    return _sent(answer)


def _sent(answer: ScimResponse) -> HttpResponse:
    if answer.body is None:
        return HttpResponse(status=answer.status, headers=dict(answer.headers))
    said = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(
        said, status=answer.status, headers=dict(answer.headers), content_type=requests_and_responses.CONTENT_TYPE
    )


def _body(request: HttpRequest) -> bytes | None:
    """Return the body, or None if it is too long or breaks off."""
    try:
        body = request.read(size_limits.MAX_REQUEST_BYTES + 1)
    except (UnreadablePostError, OSError):
        return None
    return body if len(body) <= size_limits.MAX_REQUEST_BYTES else None
