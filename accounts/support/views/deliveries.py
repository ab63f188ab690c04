"""Views of deliveries for operators: queues, workers, delivery times, failures, and sending a notice again."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _

from accounts import admin_changes, request_context
from accounts.admin_changes import Asked
from accounts.session_assurance import AuthedRequest
from accounts.support.views import layout
from verification.delivery import message_explanations, statistics
from verification.delivery.statistics import Hour
from verification.models import Message


def _may(request: AuthedRequest) -> None:
    if not request.user.has_perm("verification.view_message"):
        raise PermissionDenied


@dataclass(frozen=True)
class _Column:
    """One hour of the chart. Units: those of the SVG, 240 wide and 60 high."""

    x: int
    y: int
    height: int
    failed_y: int
    failed_height: int


def _column(place: int, hour: Hour, most: int) -> _Column:
    height, failed = (round(60 * n / max(most, 1)) for n in (hour.n, hour.n_failed))
    return _Column(place * 10 + 1, 60 - height, height, 60 - failed, failed)


def index(request: AuthedRequest) -> HttpResponse:
    """Show everything on one page. This sends nothing."""
    _may(request)
    now = request_context.read(request).now
    state_counts = statistics.state_counts(now)
    most = max((count.n for count in state_counts), default=1)
    hours = statistics.hours(now)
    context = {
        "queues": statistics.queues(),
        "workers": statistics.workers(),
        "waiting": statistics.waiting(now),
        "state_counts": [(count, round(100 * count.n / most)) for count in state_counts],
        "latencies": statistics.latencies(now),
        "shares": [
            ("providers", _("By provider"), statistics.by_provider(now)),
            ("countries", _("By country"), statistics.by_country(now)),
        ],
        "hours": hours,
        "columns": [_column(place, hour, max(each.n for each in hours)) for place, hour in enumerate(hours)],
        "circuits": [(each, message_explanations.cause(each)) for each in statistics.circuits()],
        "dead": [
            (
                each,
                message_explanations.explain(each),
                message_explanations.technical(each),
                statistics.may_go_again(each, now),
            )
            for each in statistics.dead()
        ],
    }
    return layout.page(request, "deliveries.html", context, here="deliveries")


def show(request: AuthedRequest, handle: str) -> HttpResponse:
    """Show what happened to one message, without its code or full number."""
    _may(request)
    message = get_object_or_404(Message.objects.select_related("challenge", "user"), handle=handle)
    now = request_context.read(request).now
    context = {
        "message": message,
        "report": message_explanations.explain(message),
        "cause": message_explanations.technical(message),
        "timeline": statistics.timeline(message),
        "may": statistics.may_go_again(message, now),
    }
    return layout.page(request, "delivery.html", context, here="deliveries")


def again(request: AuthedRequest, handle: str) -> HttpResponseBase:
    """Send a notice again that did not arrive."""
    _may(request)
    if not request.user.has_perm("verification.change_outage"):
        raise PermissionDenied
    now, message = request_context.read(request), get_object_or_404(Message, handle=handle)

    def run(reason: str) -> None:
        if statistics.send_again(message, now, actor_id=request.user.pk, reason=reason):
            messages.success(request, _("It is in the outbox again."))
        else:
            messages.warning(request, _("It helps nobody any more, or was sent again already."))

    back, lines = resolve_url("admin:deliveries"), (_("The notice goes to the same person again."),)
    asked = Asked(title=_("Send again"), button=_("Send again"), back=back, here="deliveries", lines=lines)
    return admin_changes.with_reason(request, asked, run)
