"""The endpoint that proxies ask, with any method and below any path."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from accounts import conf, request_context
from accounts.integrations.forward_auth import (
    addresses,
    answers,
    callers,
    cookies,
    host_pages,
    last_used,
    metrics,
    verdicts,
)
from accounts.integrations.forward_auth.addresses import Doubt
from accounts.integrations.forward_auth.answers import Asked
from accounts.integrations.forward_auth.callers import Caller
from accounts.integrations.forward_auth.verdicts import Outcome, Verdict
from accounts.integrations.short_path import for_programs


@for_programs
def check(request: HttpRequest, below: str = "") -> HttpResponse:
    """Answer whether a visitor may open an address. No session of ours is read or created by this request."""
    caller = callers.of(request)
    if caller is None:
        metrics.count_unknown()
        return answers.not_ours()
    asked = _asked(request, caller, below)
    if not callers.pace.is_within(caller, conf.forward_auth_per_second()):
        metrics.count(caller, "too-many")
        return answers.too_many(asked)
    context = replace(request_context.read(request), network=callers.visitor_network(request, caller))
    if not isinstance(asked.address, Doubt) and host_pages.is_ours(asked.address):
        return host_pages.show(asked.address, asked, context)
    verdict = verdicts.of(asked.address, request.headers.get("Cookie", ""), context.now)
    if verdict.rule is not None and not caller.may_ask_about(verdict.rule.application.pk):
        verdict = Verdict(outcome=Outcome.UNKNOWN)
    metrics.count(caller, verdict.outcome)
    if verdict.outcome is Outcome.PUBLIC:
        return HttpResponse()
    if verdict.outcome is Outcome.ALLOWED and verdict.opened is not None and verdict.identity is not None:
        return last_used.Noting(verdict.opened, context.now, verdict.identity.headers())
    return answers.no(verdict, asked)


def _asked(request: HttpRequest, caller: Caller, below: str) -> Asked:
    browser = cookies.value_of(request.headers.get("Cookie", ""), cookies.browser_name())
    had_browser = cookies.is_browser_secret(browser)
    return Asked(
        caller=caller,
        address=addresses.of_headers(request.headers, below=f"/{below}"),
        is_navigation=answers.is_navigation(request.headers),
        browser=browser if had_browser and browser else cookies.new_browser_secret(),
        had_browser=had_browser,
    )
