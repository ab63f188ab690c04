"""Views of the audit log: search, export, and the check that nothing was changed."""

from itertools import islice

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.sessions.session_assurance import AuthedRequest
from accounts.support.reports import (
    audit_export,
    audit_filter_groups,
    audit_search,
    csv_export_with_reason,
)
from accounts.support.reports.audit_search import AuditSearch
from accounts.support.views import page_layout
from verification import audit, inputs

_MAX_FAULTS_SHOWN = 20
_MAX_EVENTS_CHECKED = 50_000  # for one page, in a few seconds
_MAX_SEARCH_LENGTH = 150  # characters, as for a username
_TEXTS = ("kind", "level", "person", "actor", "ticket", "network")
_DAYS = ("since", "until")


def _search(request: AuthedRequest) -> tuple[AuditSearch, dict[str, str]]:
    sent = request.GET
    asked = {name: inputs.shortened(sent.get(name), max_length=_MAX_SEARCH_LENGTH) for name in _TEXTS}
    days = {name: inputs.day(sent.get(name, "").strip()) for name in _DAYS}
    search = AuditSearch(**asked, **days, before=inputs.number(sent.get("before")) or 0)  # type: ignore[arg-type]  # by name
    kept = {name: text for name, text in asked.items() if text}
    return search, kept | {name: day.isoformat() for name, day in days.items() if day}


def show(request: AuthedRequest) -> HttpResponse:
    """Show the audit log, filtered and page by page."""
    _may_read(request)
    search, kept = _search(request)
    lines, before = audit_search.find(search, staff=request.user)
    asked = {search.person, search.actor} - {""}
    names = {name for name in asked if audit_search.known(name, request.user) is None}
    context = {
        "lines": lines,
        "search": search,
        "groups": audit_filter_groups.GROUPS,
        "levels": audit_filter_groups.LEVELS,
        "kind_label": audit_filter_groups.label(search.kind) if search.kind else "",
        "more": urlencode(kept | {"before": before}) if before else "",
        "kept": urlencode(kept),
        "unknown": sorted(names),
    }
    return page_layout.page(request, "audit_log.html", context, here="audit-log")


def export(request: AuthedRequest) -> HttpResponseBase:
    """Export the audit events that the search finds."""
    _may_read(request)
    search, kept = _search(request)
    back = f"{resolve_url('admin:audit-log')}?{urlencode(kept)}"
    return csv_export_with_reason.give(
        request,
        "record",
        lambda: audit_export.rows(search, staff=request.user),
        title=_("Export the audit log"),
        search=kept,
        back=back,
        here="audit-log",
    )


def _may_read(request: AuthedRequest) -> None:
    if not request.user.has_perm("verification.view_auditevent"):
        raise PermissionDenied


def check(request: AuthedRequest) -> HttpResponse:
    """Verify the end of the audit log's chain and show the first faults. All of it would take minutes."""
    _may_read(request)
    faults = list(islice(audit.verify_newest(_MAX_EVENTS_CHECKED), _MAX_FAULTS_SHOWN))
    n_events, n_seals = audit.size()
    context = {
        "faults": faults,
        "n_events": n_events,
        "n_seals": n_seals,
        "most": _MAX_FAULTS_SHOWN,
        "newest": _MAX_EVENTS_CHECKED if n_events > _MAX_EVENTS_CHECKED else 0,
    }
    return page_layout.page(request, "audit_log_check.html", context, here="audit-log")
