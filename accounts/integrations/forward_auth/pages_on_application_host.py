"""Our own addresses on an application's host: a ticket from the portal arrives there, and a sign-out leaves there."""

from urllib.parse import parse_qs

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts import applications
from accounts.applications import audit_events
from accounts.integrations.forward_auth import (
    access_check,
    cookies,
    forwarded_url,
    protected_hosts,
    proxy_responses,
    refusal_pages,
    tickets,
)
from accounts.integrations.forward_auth.access_check import AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt, ForwardedUrl
from accounts.integrations.forward_auth.protected_hosts import UnknownAddress
from accounts.integrations.forward_auth.proxy_responses import ForwardAuthRequest
from accounts.integrations.forward_auth.tickets import Ticket
from accounts.models import ApplicationSession
from verification import audit
from verification.context import Context

PREFIX = forwarded_url.OUR_PREFIX
_ENTER, _SIGN_OUT = f"{PREFIX}enter", f"{PREFIX}sign-out"


def is_ours(address: ForwardedUrl) -> bool:
    """Return whether an address belongs to us, not to the application."""
    return address.path.startswith(PREFIX)


def ticket_url(address: ForwardedUrl, ticket: str) -> str:
    """Return the address that takes a ticket, on the host of the wanted one."""
    return f"{address.origin}{_ENTER}?ticket={ticket}"


def show(address: ForwardedUrl, asked: ForwardAuthRequest, context: Context) -> HttpResponse:
    """Answer a request for one of our own addresses. It gives no access to the application, so there is no outcome."""
    if not any(asked.caller.may_ask_about(each.pk) for each in protected_hosts.applications_at(address.host)):
        return refusal_pages.page(404, *refusal_pages.NOT_SET_UP)
    if address.path == _SIGN_OUT:
        return HttpResponseRedirect(proxy_responses.portal_url("integrations:host-sign-out", host=address.host))
    if address.path == _ENTER and address.method == "GET":
        return _enter(address, asked, context)
    return refusal_pages.page(
        404, _("This page doesn’t exist"), _("Go back to the application."), link=f"{address.origin}/"
    )


def _enter(address: ForwardedUrl, asked: ForwardAuthRequest, context: Context) -> HttpResponse:
    if not asked.had_browser:
        return _unusable(address, _("Your browser didn’t send this site’s cookie. Allow cookies, then try again."))
    text = (parse_qs(address.uri.partition("?")[2]).get("ticket") or [""])[0]
    browser = cookies.browser_digest(asked.browser)
    ticket = tickets.read(text, host=address.host, browser=browser, now=context.now)
    if ticket is None:
        return _unusable(address, _("This link is too old, or it was made for another browser."))
    opened = _open(ticket, context)
    if opened is None:
        return _unusable(address, _("This link was used before, or you can’t open this page any more."))
    response = HttpResponseRedirect(f"{address.origin}{ticket.uri}")
    cookies.give_session(response, opened, address.host)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _open(ticket: Ticket, context: Context) -> ApplicationSession | None:
    """Open the application's session that a ticket stands for. None if it was used, or opens nothing any more."""
    rule = protected_hosts.rule_for_uri(ticket.host, ticket.uri)
    if isinstance(rule, Doubt | UnknownAddress) or rule.application.pk != ticket.application_id:
        return None
    visitor = access_check.visitor_of_session(ticket.user_id, ticket.session_ref, context.now)
    outcome = access_check.judge(rule, visitor, context.now) if visitor else None
    if visitor is None or outcome is None or outcome.verdict is not AccessVerdict.ALLOWED or outcome.answer is None:
        return None
    with transaction.atomic():
        if not tickets.spend(ticket):
            return None
        opened = applications.open(rule.application, visitor.user, ticket.session_ref, outcome.answer, context.now)
        audit.record(
            audit_events.APPLICATION_OPENED,
            user_id=visitor.user.pk,
            context=context,
            application=rule.application.slug,
            host=ticket.host,
            acr=outcome.answer.acr,
            strength=outcome.answer.strength,
            asked_by=outcome.answer.asked_by,
        )
    return opened


def _unusable(address: ForwardedUrl, text: str) -> HttpResponse:
    title = _("We can’t sign you in with this link")
    return refusal_pages.page(403, title, text, link=f"{address.origin}/", link_text=_("Try again"))
