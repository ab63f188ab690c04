"""Turns an outcome into the answer that a proxy understands: 2xx opens, and nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from accounts.integrations.forward_auth import cookies, refusal_pages
from accounts.integrations.forward_auth.access_check import AccessCheckResult, AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt, ForwardedUrl
from accounts.integrations.forward_auth.proxy_authentication import AuthenticatedProxy
from verification.limits import Gate

LOCATION = "X-Two-Step-Location"  # where nginx redirects to, because it can't pass on a redirect


@dataclass(frozen=True, kw_only=True)
class ForwardAuthRequest:
    """What is needed to answer: who asks, about what, and for which kind of request."""

    caller: AuthenticatedProxy
    address: ForwardedUrl | Doubt
    is_navigation: bool
    browser: str  # the browser's secret, new if it had none
    had_browser: bool = True


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Return whether a person waits for a page. Everything else is done in the background, where a page helps nobody.

    Source: Fetch Metadata; browsers without it, and other programs, are told apart by what they accept.
    """
    if headers.get("Upgrade", "") or headers.get("X-Requested-With", ""):
        return False
    if "Sec-Fetch-Mode" in headers:
        return headers["Sec-Fetch-Mode"] == "navigate" and headers.get("Sec-Fetch-Dest", "document") == "document"
    return "text/html" in headers.get("Accept", "")


def no(outcome: AccessCheckResult, asked: ForwardAuthRequest) -> HttpResponse:
    """Return the answer to an outcome that opens nothing."""
    if outcome.verdict in {AccessVerdict.UNKNOWN, AccessVerdict.DOUBT} or isinstance(asked.address, Doubt):
        return _refusal(outcome, asked)
    return _way_in(outcome, asked, asked.address)


def _way_in(outcome: AccessCheckResult, asked: ForwardAuthRequest, address: ForwardedUrl) -> HttpResponse:
    """Redirect to the portal, which signs people in, asks them to verify, or says why they may not enter."""
    where = portal_url("integrations:host-enter", rd=address.url, browser=cookies.browser_digest(asked.browser))
    if not asked.is_navigation:
        status = 403 if outcome.verdict is AccessVerdict.REFUSED else 401
        return _program_answer(status, {"error": outcome.verdict, "reason": outcome.reason, "url": where})
    response = HttpResponse(status=302 if address.method in {"GET", "HEAD"} else 303)
    if not asked.caller.takes_redirects:
        response = _program_answer(401, {"error": outcome.verdict})
        response[LOCATION] = where
    else:
        response["Location"] = where
    cookies.give_browser(response, asked.browser)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _refusal(outcome: AccessCheckResult, asked: ForwardAuthRequest) -> HttpResponse:
    return _refused(outcome, is_navigation=asked.is_navigation)


def _refused(outcome: AccessCheckResult, *, is_navigation: bool) -> HttpResponse:
    if not is_navigation:
        return _program_answer(403, {"error": outcome.verdict, "reason": outcome.reason})
    return refusal_pages.page(403, *refusal_pages.words(outcome))


def unreadable(request: HttpRequest) -> HttpResponse:
    """Refuse a request that can't be read, before anyone asks which proxy sent it."""
    return _refused(
        AccessCheckResult(verdict=AccessVerdict.DOUBT, reason=Doubt.PATH), is_navigation=is_navigation(request.headers)
    )


def too_many(asked: ForwardAuthRequest) -> HttpResponse:
    """Refuse because the proxy asks too often."""
    status = 429 if asked.caller.takes_redirects else 403
    return HttpResponse(status=status, headers={"Retry-After": "1"})


def not_ours(gate: Gate) -> HttpResponse:
    """Refuse a proxy that we don't know. Always with 403, because nginx turns any other refusal into an error 500."""
    if gate.is_open:
        return HttpResponse("This proxy’s secret or address is not known.\n", status=403, content_type="text/plain")
    return HttpResponse(
        "Too many incorrect secrets from this network.\n",
        status=403,
        content_type="text/plain",
        headers={"Retry-After": "60"},
    )


def _program_answer(status: int, said: Mapping[str, str]) -> HttpResponse:
    response = JsonResponse({name: str(value) for name, value in said.items() if value}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Cookie realm="two-step verification"'
    return response


def portal_url(view_name: str, **query: str) -> str:
    """Return the whole URL of a portal page."""
    return f"{settings.PUBLIC_URL}{reverse(view_name)}?{urlencode(query)}"
