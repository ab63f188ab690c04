"""Views of approvals: requests that wait for a second person, and approved ones still to be done."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import redirects, request_context
from accounts.models import SupportRequest
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support.actions import ACTIONS, ActionRequest, execution, second_person_approvals
from accounts.support.views import page_layout
from accounts.support.views.actions import render_result
from verification.context import Context


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the requests. The one who requested sees the decision here, and does the action."""
    context = request_context.read(request)
    listed = [
        (
            each,
            ACTIONS[each.action],
            _options(each, context),
            second_person_approvals.may_decide(each, request.user),
            each.asked_by == request.user,
        )
        for each in second_person_approvals.listed(request.user, now=context.now)
        if each.action in ACTIONS
    ]
    hours = second_person_approvals.LIFE // timedelta(hours=1)
    return page_layout.page(request, "approvals.html", {"listed": listed, "hours": hours}, here="requests")


def _options(found: SupportRequest, context: Context) -> list[tuple[str, str]]:
    """Return what was chosen in the form of a request, in words. Nobody can decide without it."""
    form = ACTIONS[found.action].form_class()
    if found.options:
        form.offer(found.person, now=context.now)
    return form.in_words(found.options)


def _one(request: AuthedRequest, ref: str) -> SupportRequest:
    now = request_context.read(request).now
    return get_object_or_404(second_person_approvals.visible(request.user, now=now), ref=ref)


@redirects.button_on("admin:support-requests")
@require_POST
def decide(request: AuthedRequest, ref: str) -> HttpResponse:
    """Approve or refuse a request."""
    found, answer = _one(request, ref), request.POST.get("answer")
    if answer not in {"agree", "refuse"}:
        raise BadRequest
    agrees = answer == "agree"
    if second_person_approvals.decide(found, request.user, request_context.read(request), agrees=agrees):
        messages.success(
            request, _("Approved. The colleague who requested it can do it now.") if agrees else _("Refused.")
        )
    else:
        messages.warning(request, _("You can’t decide on this request, or it was decided or withdrawn before."))
    return redirect("admin:support-requests")


@redirects.button_on("admin:support-requests")
@require_POST
def withdraw(request: AuthedRequest, ref: str) -> HttpResponse:
    """Withdraw one's own request."""
    if second_person_approvals.withdraw(_one(request, ref), request.user, request_context.read(request)):
        messages.success(request, _("Withdrawn."))
    else:
        messages.warning(request, _("Only the person who requested this can withdraw it, until it is done."))
    return redirect("admin:support-requests")


@redirects.button_on("admin:support-requests")
@require_POST
def collect(request: AuthedRequest, ref: str) -> HttpResponse:
    """Do an approved action."""
    found = _one(request, ref)
    if found.action not in ACTIONS or found.asked_by != request.user:
        raise Http404
    asked = ActionRequest(
        action=ACTIONS[found.action],
        staff=request.user,
        person=found.person,
        reason=found.reason,
        ticket=found.ticket,
        options=found.options,
    )
    return render_result(
        request, found.person, asked.action, execution.collect(found, asked, request_context.read(request))
    )
