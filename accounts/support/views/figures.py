"""Reports and the record, to look at and to take along."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts import destinations, facts
from accounts.standing import AuthedRequest
from accounts.support import records, reports, sheets
from accounts.support.records import Search
from accounts.support.views import pages
from verification import audit, inputs

_MOST_FAULTS = 20
_MAX_SEARCH = 150  # letters, as long as a user name


def _file(rows: Iterable[Sequence[object]], name: str) -> HttpResponseBase:
    answer = StreamingHttpResponse(sheets.lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


@require_GET
def report(request: AuthedRequest, key: str = "registered") -> HttpResponseBase:
    """Show one report, or give it as a file."""
    if not request.user.has_perm("accounts.view_reports"):
        raise PermissionDenied
    if key not in reports.REPORTS:
        raise Http404
    table = reports.build(key, now=facts.read(request).now)
    if "csv" in request.GET:
        return _file(reports.as_lines(table), key)
    context = {"table": table, "reports": reports.REPORTS.items()}
    return pages.page(request, "reports.html", context, here="reports")


def _search(request: AuthedRequest) -> tuple[Search, dict[str, str]]:
    sent, names = request.GET, ("kind", "person", "actor", "network")
    asked = {name: inputs.shortened(sent.get(name), max_length=_MAX_SEARCH) for name in names}
    days = {name: inputs.day(sent.get(name, "").strip()) for name in ("since", "until")}
    search = Search(**asked, **days, before=inputs.number(sent.get("before")) or 0)  # type: ignore[arg-type]  # by name
    kept = {name: text for name, text in asked.items() if text}
    return search, kept | {name: day.isoformat() for name, day in days.items() if day}


@require_GET
def record(request: AuthedRequest) -> HttpResponseBase:
    """Show the record, narrowed and page by page, or give it as a file."""
    if not request.user.has_perm("verification.view_auditevent"):
        raise PermissionDenied
    search, kept = _search(request)
    if "csv" in request.GET:
        return _file(records.rows(search), "record")
    lines, before = records.find(search)
    context = {
        "lines": lines,
        "search": search,
        "kinds": records.kinds(),
        "more": urlencode(kept | {"before": before}) if before else "",
        "kept": urlencode(kept),
    }
    return pages.page(request, "record.html", context, here="record")


@destinations.button_on("admin:record")
@require_POST
def check(request: AuthedRequest) -> HttpResponse:
    """Walk the chain of the record and name the first places where it does not hold."""
    if not request.user.has_perm("verification.view_auditevent"):
        raise PermissionDenied
    faults = []
    for fault in audit.verify():
        faults.append(fault)
        if len(faults) == _MOST_FAULTS:
            break
    n_events, n_seals = audit.size()
    context = {"faults": faults, "n_events": n_events, "n_seals": n_seals}
    return pages.page(request, "record_checked.html", context, here="record")
