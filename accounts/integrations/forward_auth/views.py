"""The endpoint that proxies ask, with any method and below any path."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from accounts import conf, request_context
from accounts.integrations.endpoints_without_page_middleware import for_programs, refuses_unreadable
from accounts.integrations.forward_auth import (
    access_check,
    cookies,
    forwarded_url,
    last_used,
    metrics,
    pages_on_application_host,
    proxy_authentication,
    proxy_rate_limit,
    proxy_responses,
)
from accounts.integrations.forward_auth.access_check import AccessCheckResult, AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt
from accounts.integrations.forward_auth.proxy_authentication import AuthenticatedProxy
from accounts.integrations.forward_auth.proxy_responses import ForwardAuthRequest
from verification.limits import Gate


@for_programs
@refuses_unreadable(proxy_responses.unreadable)
def check(request: HttpRequest, below: str = "") -> HttpResponse:
    """Answer whether a visitor may open an address. No session of ours is read or created by this request."""
    context = request_context.read(request)
    caller = proxy_authentication.of(request, context)
    if isinstance(caller, Gate):
        metrics.count_unknown()
        return proxy_responses.not_ours(caller)
    asked = _asked(request, caller, below)
    if not proxy_rate_limit.pace.is_within(caller, conf.forward_auth_per_second()):
        metrics.count(caller, "too-many")
        return proxy_responses.too_many(asked)
    context = replace(context, network=proxy_authentication.visitor_network(request, caller))
    if not isinstance(asked.address, Doubt) and pages_on_application_host.is_ours(asked.address):
        return pages_on_application_host.show(asked.address, asked, context)
    outcome = access_check.of(asked.address, request.headers.get("Cookie", ""), context.now)
    if outcome.rule is not None and not caller.may_ask_about(outcome.rule.application.pk):
        outcome = AccessCheckResult(verdict=AccessVerdict.UNKNOWN)
    metrics.count(caller, outcome.verdict)
    if outcome.verdict is AccessVerdict.PUBLIC:
        return HttpResponse()
    if outcome.verdict is AccessVerdict.ALLOWED and outcome.opened is not None and outcome.identity is not None:
        return last_used.Noting(outcome.opened, context.now, outcome.identity.headers())
    return proxy_responses.no(outcome, asked)


def _asked(request: HttpRequest, caller: AuthenticatedProxy, below: str) -> ForwardAuthRequest:
    browser = cookies.value_of(request.headers.get("Cookie", ""), cookies.browser_name())
    had_browser = cookies.is_browser_secret(browser)
    return ForwardAuthRequest(
        caller=caller,
        address=forwarded_url.of_headers(request.headers, below=f"/{below}"),
        is_navigation=proxy_responses.is_navigation(request.headers),
        browser=browser if had_browser and browser else cookies.new_browser_secret(),
        had_browser=had_browser,
    )
