"""What waits for a second person, and what they agreed to and is still to be done."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import destinations, facts
from accounts.models import SupportRequest
from accounts.standing import AuthedRequest
from accounts.support import orders, requests
from accounts.support.menu import ACTIONS
from accounts.support.orders import Order
from accounts.support.views import pages
from accounts.support.views.deeds import told


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List what waits. Whoever asked sees what came of it and does it here."""
    now = facts.read(request)
    listed = [
        (each, ACTIONS[each.action], requests.may_decide(each, request.user), each.asked_by == request.user)
        for each in requests.listed(request.user, now=now.now)
        if each.action in ACTIONS
    ]
    return pages.page(request, "requests.html", {"listed": listed}, here="requests")


def _one(request: AuthedRequest, ref: str) -> SupportRequest:
    now = facts.read(request).now
    return get_object_or_404(requests.listed(request.user, now=now), ref=ref)


@destinations.button_on("admin:support-requests")
@require_POST
def decide(request: AuthedRequest, ref: str) -> HttpResponse:
    """Agree or refuse."""
    found, agrees = _one(request, ref), request.POST.get("answer") == "agree"
    if requests.decide(found, request.user, facts.read(request), agrees=agrees):
        messages.success(request, _("Agreed. Whoever asked can do it now.") if agrees else _("Refused."))
    else:
        messages.warning(request, _("This is not yours to decide, or was decided already."))
    return redirect("admin:support-requests")


@destinations.button_on("admin:support-requests")
@require_POST
def collect(request: AuthedRequest, ref: str) -> HttpResponse:
    """Do what was agreed to."""
    found = _one(request, ref)
    if found.action not in ACTIONS or found.asked_by != request.user:
        raise Http404
    order = Order(
        action=ACTIONS[found.action],
        staff=request.user,
        person=found.person,
        reason=found.reason,
        ticket=found.ticket,
        options=found.options,
    )
    return told(request, found.person, order.action, orders.collect(found, order, facts.read(request)))
