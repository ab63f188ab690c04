"""Views of reports, with export."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from accounts import request_context
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support.reports import (
    csv_export_with_reason,
    list_of_reports,
    report_table,
)
from accounts.support.reports.report_table import Table
from accounts.support.views import page_layout


def report(request: AuthedRequest, key: str = "registered") -> HttpResponse:
    """Show one report."""
    context = {"table": _table(request, key), "reports": list_of_reports.REPORTS.items()}
    return page_layout.page(request, "reports.html", context, here="reports")


def report_export(request: AuthedRequest, key: str) -> HttpResponseBase:
    """Export one report."""
    table = _table(request, key)
    title = _("Export “%(report)s”") % {"report": table.title}
    search, back = {"report": key}, resolve_url("admin:report", key)
    return csv_export_with_reason.give(
        request, key, lambda: report_table.as_lines(table), title=title, search=search, back=back, here="reports"
    )


def _table(request: AuthedRequest, key: str) -> Table:
    if not request.user.has_perm("accounts.view_reports"):
        raise PermissionDenied
    if key not in list_of_reports.REPORTS:
        raise Http404
    return list_of_reports.build(key, now=request_context.read(request).now)
