"""The portal's pages for hosts: the one that leads to an application's host, and the one that signs out of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import access, applications, request_context
from accounts.access import AccessStep
from accounts.integrations.forward_auth import forwarded_url, pages_on_application_host, protected_hosts, tickets
from accounts.integrations.forward_auth.cookies import is_browser_digest
from accounts.integrations.forward_auth.forwarded_url import Doubt
from accounts.integrations.forward_auth.protected_hosts import UnknownAddress
from accounts.sessions import session_assurance, session_store
from accounts.sessions.session_assurance import AuthedRequest
from verification import inputs


@login_not_required
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Lead to an application's host with a one-time ticket, once its requirements are met. Changes nothing itself.

    Strangers are sent to the sign-in, which names the application.
    """
    address = forwarded_url.of_url(request.GET.get("rd", ""))
    rule = address if isinstance(address, Doubt) else protected_hosts.rule_for(address)
    if isinstance(address, Doubt) or isinstance(rule, Doubt | UnknownAddress):
        return render(request, "accounts/forward_auth/unknown_host.html", status=404)
    browser, user = request.GET.get("browser", ""), session_assurance.of(request).user
    if user is None:
        answer = access.of_request(request, rule.application, wanted=rule.wanted)
        return access.step_up(request, answer, application=rule.application, next_url=request.get_full_path())
    if rule.is_public or not is_browser_digest(browser):
        return _lead(request, address.url, rule.application.name)
    answer = access.of_request(request, rule.application, wanted=rule.wanted)
    context = request_context.read(request)
    if answer.step is not AccessStep.CONTINUE:
        tell = applications.refused if answer.step is AccessStep.REFUSE else applications.asked
        tell(rule.application, user.pk, answer.reason, context)
        here = request.get_full_path()
        return access.step_up(request, answer, application=rule.application, next_url=here)
    access.max_step_up_rounds.forget(request)
    ticket = tickets.issue(
        application_id=rule.application.pk,
        user_id=user.pk,
        session_ref=session_store.ref_of(request.session),
        host=address.host,
        uri=address.uri,
        browser=browser,
        now=context.now,
    )
    return _lead(request, pages_on_application_host.ticket_url(address, ticket), rule.application.name)


def _lead(request: HttpRequest, url: str, name: str) -> HttpResponse:
    """Lead to another host from a page of ours, which continues automatically.

    A redirect would not do: the browser comes here from the sign-in form, and our content security policy forbids
    forms that end on another host.
    """
    response = render(request, "accounts/forward_auth/continue_to_host.html", {"url": url, "name": name})
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "POST"])
def sign_out(request: AuthedRequest) -> HttpResponse:
    """Ask whether to sign out of a host's applications or everywhere, and sign out of those at the host."""
    host = inputs.shortened(request.GET.get("host", request.POST.get("host", "")), max_length=260)
    there = protected_hosts.applications_at(host)
    if not there:
        return render(request, "accounts/forward_auth/unknown_host.html", status=404)
    ref = session_store.ref_of(request.session)
    opened = (
        applications.running(request.user).filter(session_ref=ref, application__in=there).order_by("application__name")
    )
    names = [session.application.name for session in opened] or [there[0].name]
    name = get_text_list(names, _("and"))
    if request.method == "GET":
        shown = {"name": name, "host": host, "back": f"{forwarded_url.our_scheme()}://{host}/"}
        return render(request, "accounts/forward_auth/sign_out_of_host.html", shown)
    context = request_context.read(request)
    with transaction.atomic():
        for each in there:
            applications.sign_out(request.user, each, context, session_ref=ref, host=host)
    messages.success(request, _("You’ve signed out of %(name)s.") % {"name": name})
    return redirect("portal:home")
