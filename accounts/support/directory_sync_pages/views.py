"""Views of what directories supply: the state of one, its runs, and the confirmation of what a run would change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts import admin_changes, ldap_sync, redirects, request_context
from accounts.admin_changes import ReasonPage
from accounts.models import Directory, DirectorySync, DirectorySyncRow, User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import directory_problems, people_in_desk_scopes
from accounts.support.directory_sync_pages import row_words
from accounts.support.reports import csv_export_with_reason
from accounts.support.views import page_layout
from verification import policies

_MAX_ROWS_SHOWN = 50  # of each kind
_MAX_RUNS_SHOWN = 15
_HERE = "directories"

OTHERS = gettext_lazy(
    "This run also changes people whom your desk doesn’t help, new people, or groups. Only an administrator who can "
    "help everyone can apply it."
)
INVITES = gettext_lazy("People who are added get an invitation by email.")


@dataclass(frozen=True, kw_only=True)
class RunSection:
    """Rows of one kind, as the page lists them. Shape: `rows` are pairs of a name and the lines about it."""

    what: str
    heading: str
    n: int
    rows: Sequence[tuple[str, Sequence[str]]]


def _directory(request: AuthedRequest, pk: int, *, verb: str = "view") -> Directory:
    if not request.user.has_perm(f"accounts.{verb}_directory"):
        raise PermissionDenied
    directory = get_object_or_404(Directory, pk=pk)
    if not directory.checks_passwords:
        raise Http404  # nothing can be read from it: it sends
    return directory


def _run(request: AuthedRequest, ref: str, *, verb: str = "view") -> DirectorySync:
    if not request.user.has_perm(f"accounts.{verb}_directory"):
        raise PermissionDenied
    return get_object_or_404(DirectorySync.objects.select_related("directory", "made_by"), ref=ref)


def show(request: AuthedRequest, pk: int) -> HttpResponse:
    """Show how a directory is read: its state, and the latest runs."""
    directory = _directory(request, pk)
    health = ldap_sync.health_of(directory)
    now = request_context.read(request).now
    runs = DirectorySync.objects.filter(directory=directory)
    context = {
        "directory": directory,
        "problems": directory_problems.problems(request.user, directory),
        "health": health,
        "is_stale": ldap_sync.is_stale(health, now),
        "days_kept": ldap_sync.RUN_RETENTION.days,
        "runs": runs.select_related("made_by").order_by("-pk")[:_MAX_RUNS_SHOWN],
        "may_act": request.user.has_perm("accounts.change_directory"),
        "n_people": directory.people.filter(policies.can_sign_in(now)).count(),
        "n_groups": directory.groups.count(),
    }
    return page_layout.page(request, "directory_sync.html", context, here=_HERE)


@redirects.button_on("admin:directory-sync", "pk")
@require_POST
def preview(request: AuthedRequest, pk: int) -> HttpResponse:
    """Read a directory and show what would change."""
    directory = _directory(request, pk, verb="change")
    run = ldap_sync.begin(directory, request.user, request_context.read(request), is_preview=True)
    return redirect("admin:directory-run", run.ref)


def start(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Read a directory now and apply what changed."""
    directory = _directory(request, pk, verb="change")

    def run(reason: str) -> HttpResponse:
        context = request_context.read(request)
        begun = ldap_sync.begin(directory, request.user, context, is_preview=False, reason=reason)
        return redirect("admin:directory-run", begun.ref)

    lines = (
        _("We read the people and groups of %(directory)s and apply what changed.") % {"directory": directory.name},
        _("If many people would be switched off, we ask you first."),
    )
    back = resolve_url("admin:directory-sync", pk)
    asked = ReasonPage(title=_("Sync now"), button=_("Sync now"), back=back, here=_HERE, lines=lines)
    return admin_changes.with_reason(request, asked, run)


def show_run(request: AuthedRequest, ref: str) -> HttpResponse:
    """Show the progress of a run, what it would change or has changed, and what it needs."""
    run = _run(request, ref)
    context = {
        "run": run,
        "would_go": directory_problems.would_go(run) if run.stopped else "",
        "went_before": directory_problems.went_before(run) if run.stopped else "",
        "parts": list(_parts(run, request.user)),
        "is_scoped": people_in_desk_scopes.is_scoped(request.user),
        "may_act": request.user.has_perm("accounts.change_directory"),
        "others": OTHERS if directory_problems.changes_others(run, request.user) else "",
        "most": _MAX_ROWS_SHOWN,
        "tiles": _tiles(run),
        "other_counts": _others(run),
    }
    return page_layout.page(request, "directory_run.html", context, here=_HERE)


def _tiles(run: DirectorySync) -> list[tuple[str, int]]:
    return [
        (_("New"), run.n_added),
        (_("Changed"), run.n_changed),
        (_("Switched off"), run.n_switched_off),
        (_("Groups changed"), run.n_groups_changed),
    ]


def _others(run: DirectorySync) -> str:
    """Return the counts that matter less, in one line, without those that are 0."""
    counts = (
        (_("Taken over: %(n)d."), run.n_linked),
        (_("Switched on again: %(n)d."), run.n_switched_on),
        (_("Not taken over: %(n)d."), run.n_refused),
        (_("Unchanged: %(n)d."), run.n_unchanged),
    )
    return " ".join(words % {"n": n} for words, n in counts if n)


def _parts(run: DirectorySync, staff: User) -> Iterator[RunSection]:
    shown = directory_problems.rows_for(run, staff)
    numbers = dict(shown.values_list("what").annotate(n=Count("pk")).order_by("what"))
    for what, heading in row_words.HEADINGS.items():
        if n := numbers.get(what, 0):
            rows = shown.filter(what=what).order_by("pk")[:_MAX_ROWS_SHOWN]
            yield RunSection(
                what=what, heading=str(heading), n=n, rows=[(row.name, row_words.lines(row)) for row in rows]
            )


def status(request: AuthedRequest, ref: str) -> HttpResponse:
    """Return the progress of a run, for its page to show live."""
    run = _run(request, ref)
    progress = render_to_string("accounts/support/parts/directory_run_progress.html", {"run": run})
    return JsonResponse({"words": _progress(run), "html": progress, "reload": not run.is_under_way})


def _progress(run: DirectorySync) -> str:
    if run.state == DirectorySync.State.APPLYING:
        return _("%(n)d of %(of)d changes applied") % {"n": run.n_done, "of": run.n_to_do}
    return ngettext("%(n)d person read", "%(n)d people read", run.n_read) % {"n": run.n_read}


def confirm(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Apply what a run would change. The page names the numbers."""
    run = _run(request, ref, verb="change")
    if directory_problems.changes_others(run, request.user):
        messages.warning(request, OTHERS, extra_tags="run:others")
        return redirect("admin:directory-run", ref)

    def apply(reason: str) -> HttpResponse:
        if not ldap_sync.confirm(run, request.user, request_context.read(request), reason=reason):
            messages.warning(request, _("These changes can’t be applied any more. Read the directory again."))
        return redirect("admin:directory-run", ref)

    numbers = {"off": run.n_switched_off, "of": run.n_active, "directory": run.directory.name}
    numbers |= {"gone": run.n_groups_removed, "all": run.n_groups_known}
    lines = [
        _("%(directory)s: %(added)d people are added, %(changed)d changed, and %(linked)d taken over.")
        % {**numbers, "added": run.n_added, "changed": run.n_changed, "linked": run.n_linked}
    ]
    if run.n_added and run.directory.invites_people:
        lines.append(str(INVITES))
    if run.n_switched_off:
        lines.append(
            _("%(off)d of %(of)d people are switched off. Their sessions, browsers and app passwords end.") % numbers
        )
    if run.n_groups_removed:
        lines.append(
            _("%(gone)d of %(all)d groups are removed or emptied. Their members lose what the groups allow.") % numbers
        )
    title = _("Switch off %(off)d of %(of)d people") % numbers if run.n_switched_off else _("Apply these changes")
    asked = ReasonPage(
        title=title,
        button=title,
        back=resolve_url("admin:directory-run", ref),
        here=_HERE,
        lines=tuple(lines),
        is_destructive=run.stopped,
    )
    return admin_changes.with_reason(request, asked, apply)


def cancel(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Cancel a run, or discard what it would change."""
    run = _run(request, ref, verb="change")
    back = resolve_url("admin:directory-run", ref)

    def end(reason: str) -> HttpResponse:
        if not ldap_sync.cancel(run, request.user, request_context.read(request), reason=reason):
            messages.info(request, _("It had already ended."))
        return redirect(back)

    if run.state == DirectorySync.State.READY:
        title, line = _("Discard these changes"), _("None of them is applied.")
    else:
        title = _("Cancel this run")
        line = _("Changes that have already been applied stay. No other change is applied.")
    asked = ReasonPage(title=title, button=title, back=back, here=_HERE, lines=(line,))
    return admin_changes.with_reason(request, asked, end)


def export(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Export everything that a run changes."""
    run = _run(request, ref)
    return csv_export_with_reason.give(
        request,
        "directory-changes",
        lambda: _lines(directory_problems.rows_for(run, request.user)),
        title=_("Export the changes"),
        search={"directory": run.directory.name},
        back=resolve_url("admin:directory-run", ref),
        here=_HERE,
    )


def _lines(rows: QuerySet[DirectorySyncRow]) -> Iterator[Sequence[object]]:
    yield ("what", "name", "details")
    for row in rows.order_by("pk").iterator(chunk_size=1000):
        yield (str(row_words.HEADINGS.get(row.what, row.what)), row.name, "; ".join(row_words.lines(row)))
