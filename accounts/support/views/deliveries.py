"""Views of deliveries for operators: queues, workers, delivery times, failures, and sending a notice again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _

from accounts import admin_changes, request_context
from accounts.admin_changes import ReasonPage
from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import delivery_problems, people_in_desk_scopes
from accounts.support.views import page_layout
from verification import phone_numbers
from verification.delivery import failed_messages, message_status_words, message_timeline, statistics
from verification.delivery.statistics import Hour, Share, StateCount
from verification.models import Channel, Message, MessageState


def _may(request: AuthedRequest) -> None:
    if not request.user.has_perm("verification.view_message"):
        raise PermissionDenied


@dataclass(frozen=True)
class _Column:
    """One hour of the chart. Units: those of the SVG, 250 wide and 60 high."""

    x: int
    y: int
    height: int
    failed_y: int
    failed_height: int


def _column(place: int, hour: Hour, most: int) -> _Column:
    height, failed = (round(60 * n / max(most, 1)) for n in (hour.n, hour.n_failed))
    return _Column(place * 10 + 1, 60 - height, height, 60 - failed, failed)


def _named(row: StateCount | Share) -> dict[str, object]:
    """Return a row of figures with its kind, state and country in words."""
    said = vars(row) | {"kind": Channel(row.kind).label}
    if isinstance(row, StateCount):
        return said | {"state": MessageState(row.state).label}
    return said | {"country": phone_numbers.country_name(row.name)}


def _attempts(message: Message) -> list[tuple[str, str, int]]:
    """Return what each provider answered, with its code and how often in a row."""
    said = []
    for attempt in message.attempts.all():
        result, reason = attempt.get_result_display(), attempt.get_reason_display() if attempt.reason else ""
        said.append(
            (f"{attempt.provider}: {result}, {reason}" if reason else f"{attempt.provider}: {result}", attempt.code)
        )
    if message.provider:
        said.append((f"{message.provider}: {message.get_state_display()}", ""))
    return [(words, code, len(list(same))) for (words, code), same in groupby(said)]


def _totals(hours: Sequence[Hour], providers: Sequence[Share]) -> dict[str, int]:
    n, n_arrived = sum(hour.n for hour in hours), sum(share.n_arrived for share in providers)
    n_failed = sum(hour.n_failed for hour in hours)
    return {"n": n, "n_arrived": n_arrived, "n_failed": n_failed, "share": round(100 * n_arrived / max(n, 1))}


def index(request: AuthedRequest) -> HttpResponse:
    """Show everything on one page. This sends nothing."""
    _may(request)
    now = request_context.read(request).now
    hours, providers = statistics.hours(now), statistics.by_provider(now)
    workers, waiting, most = statistics.workers(), statistics.waiting(now), max(each.n for each in hours)
    context = {
        "problems": delivery_problems.problems(
            now, workers=workers, waiting=waiting, circuits=list(statistics.circuits())
        ),
        "queues": statistics.queues(),
        "workers": workers,
        "waiting": [{"label": Channel(each.kind).label, "n": each.n, "oldest": each.oldest} for each in waiting],
        "state_counts": [_named(count) for count in statistics.state_counts(now)],
        "latencies": [
            {"label": Channel(each.kind).label, "p50": each.p50, "p95": each.p95} for each in statistics.latencies(now)
        ],
        "totals": _totals(hours, providers),
        "shares": [
            ("providers", _("By provider"), [_named(share) for share in providers]),
            ("countries", _("By country"), [_named(share) for share in statistics.by_country(now)]),
        ],
        "hours": hours,
        "columns": [_column(place, hour, most) for place, hour in enumerate(hours)],
        "most": most,
        "dead": [
            (
                each,
                message_status_words.in_short(each),
                message_status_words.technical(each),
                _attempts(each),
                failed_messages.may_go_again(each, now),
            )
            for each in failed_messages.dead(most=20)
        ],
    }
    return page_layout.page(request, "delivery_overview.html", context, here="deliveries")


def show(request: AuthedRequest, handle: str) -> HttpResponse:
    """Show what happened to one message, without its code or full number."""
    _may(request)
    message = get_object_or_404(Message.objects.select_related("challenge", "user"), handle=handle)
    now = request_context.read(request).now
    context = {
        "message": message,
        "person": _visible_person(request, message),
        "country": phone_numbers.country_name(message.country),
        "request_state": message.challenge.state_words(now) if message.challenge else "",
        "reason": message_status_words.in_short(message),
        "cause": message_status_words.technical(message),
        "timeline": message_timeline.timeline(message),
        "may": failed_messages.may_go_again(message, now),
    }
    return page_layout.page(request, "message_details.html", context, here="deliveries")


def _visible_person(request: AuthedRequest, message: Message) -> User | None:
    """Return whose message it is, to staff who may open their page."""
    if message.user_id is None or not request.user.has_perm("accounts.view_user"):
        return None
    return people_in_desk_scopes.visible(request.user).filter(pk=message.user_id).first()


def again(request: AuthedRequest, handle: str) -> HttpResponseBase:
    """Send a notice again that did not arrive."""
    _may(request)
    if not request.user.has_perm("verification.change_outage"):
        raise PermissionDenied
    context, message = request_context.read(request), get_object_or_404(Message, handle=handle)

    def run(reason: str) -> None:
        if failed_messages.send_again(message, context, actor_id=request.user.pk, reason=reason):
            messages.success(request, _("The notification will be sent again."))
        else:
            words = _("Nothing was sent: it is too old to help, or it has already been sent again.")
            messages.warning(request, words, extra_tags="delivery:not_sent_again")

    back, lines = resolve_url("admin:deliveries"), (_("The notification is sent to the same person again."),)
    asked = ReasonPage(title=_("Send again"), button=_("Send again"), back=back, here="deliveries", lines=lines)
    return admin_changes.with_reason(request, asked, run)
