"""Views for importing and exporting files."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts import admin_changes, request_context
from accounts.admin_changes import ReasonPage
from accounts.models import Import, User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import people_in_desk_scopes, people_search
from accounts.support.imports import jobs, people_export, reading_files_into_rows, size_limits
from accounts.support.imports.file_instructions import GUIDES
from accounts.support.reports import csv_export_with_reason, csv_without_formulas
from accounts.support.views import page_layout

_MAX_FAULTS_SHOWN = 100  # on the page
_MAX_FILE_MEGABYTES = size_limits.MAX_FILE_BYTES // 2**20


class UploadForm(forms.Form):
    """A file, and what it contains."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What does the file contain?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Select what the file contains.")},
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=format_lazy(
            gettext_lazy("CSV, or a PSKC package of tokens. At most {size} MB."), size=_MAX_FILE_MEGABYTES
        ),
        error_messages={
            "required": format_lazy(gettext_lazy("Choose a file of at most {size} MB."), size=_MAX_FILE_MEGABYTES),
            "empty": gettext_lazy("The file is empty. Choose another one."),
        },
    )
    invites = forms.BooleanField(
        label=gettext_lazy("Invite people who are new by email"),
        required=False,
        help_text=gettext_lazy("They get a link to set their password when the file is imported. Only for people."),
    )
    key = forms.RegexField(
        r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64})$",
        label=gettext_lazy("Pre-shared key"),
        required=False,
        help_text=gettext_lazy("32, 48 or 64 hex digits. Only if the package is encrypted with a key."),
        error_messages={"invalid": gettext_lazy("Enter 32, 48 or 64 hex digits.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Passphrase"),
        required=False,
        strip=False,
        max_length=256,
        help_text=gettext_lazy("Only if the package is protected by a passphrase."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [kind for kind in Import.Kind if staff.has_perm(jobs.RIGHTS[kind])]
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [(each.value, capfirst(each.label)) for each in mine]
        kind.initial = mine[0] if mine else None
        if Import.Kind.PEOPLE not in mine:
            del self.fields["invites"]

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > size_limits.MAX_FILE_BYTES:
            raise forms.ValidationError(self.fields["file"].error_messages["required"])
        return file


def _may(request: AuthedRequest, kind: str) -> None:
    if not request.user.has_perm(jobs.RIGHTS[Import.Kind(kind)]):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def index(request: AuthedRequest) -> HttpResponse:
    """Upload a file for a dry run, and list the latest ones."""
    if not any(request.user.has_perm(right) for right in jobs.RIGHTS.values()):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        _may(request, form.cleaned_data["kind"])
        try:
            job = _begin(request, form)
        except reading_files_into_rows.UnreadableFile as error:
            form.add_error("file", str(error))
        else:
            return redirect("admin:import", job.ref)
    mine = [guide for kind, guide in GUIDES.items() if request.user.has_perm(jobs.RIGHTS[kind])]
    context = {
        "form": form,
        "guides": mine,
        "jobs": _visible(request).defer("sealed").order_by("-made_at")[:10],
        "days_kept": jobs.RETENTION.days,
    }
    return page_layout.page(request, "imports.html", context, here="imports")


def example(request: AuthedRequest, key: str) -> HttpResponse:
    """Return a small file that can be imported, to start from. Shape: `key` names its kind."""
    if key not in Import.Kind.values:
        raise Http404
    _may(request, key)
    answer = HttpResponse(
        "".join(csv_without_formulas.lines(GUIDES[Import.Kind(key)].rows())), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="example-{key}.csv"'
    return answer


def _begin(request: AuthedRequest, form: UploadForm) -> Import:
    upload, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
    given = {"key": form.cleaned_data["key"], "passphrase": form.cleaned_data["password"]}
    text = reading_files_into_rows.read(upload.read(), kind, **given)
    context, invites = request_context.read(request), form.cleaned_data.get("invites", False)
    return jobs.begin(kind, text, request.user, context, name=upload.name, is_dry_run=True, invites=invites)


def _visible(request: AuthedRequest) -> QuerySet[Import]:
    """Return the files that this member of staff may open. With a desk scope only their own: files name people."""
    kinds = [kind for kind, right in jobs.RIGHTS.items() if request.user.has_perm(right)]
    mine = Import.objects.filter(kind__in=kinds)
    return mine.filter(made_by=request.user) if people_in_desk_scopes.is_scoped(request.user) else mine


def _job(request: AuthedRequest, ref: str) -> Import:
    _may(request, get_object_or_404(Import, ref=ref).kind)
    return get_object_or_404(_visible(request), ref=ref)


def show(request: AuthedRequest, ref: str) -> HttpResponse:
    """Show the progress of a file and its errors."""
    job = _job(request, ref)
    context = {
        "job": job,
        "faults": job.faults[:_MAX_FAULTS_SHOWN],
        "warnings": job.warnings[:_MAX_FAULTS_SHOWN],
        "n_to_import": job.n_new + job.n_changed,
        "is_kept": bool(job.sealed),
        "most": _MAX_FAULTS_SHOWN,
    }
    return page_layout.page(request, "import.html", context, here="imports")


def status(request: AuthedRequest, ref: str) -> HttpResponse:
    """Return the progress of a file, for its page to show live."""
    job = _job(request, ref)
    words = _("%(n)d of %(of)d rows") % {"n": job.n_done, "of": job.n_rows}
    progress = render_to_string("accounts/support/parts/import_progress.html", {"job": job})
    return JsonResponse({"words": words, "html": progress, "reload": not job.is_under_way})


def apply(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Apply a file after its dry run."""
    job = _job(request, ref)

    def run(reason: str) -> HttpResponse:
        applied = jobs.apply(job, request.user, request_context.read(request), reason=reason)
        if applied:
            return redirect("admin:import", applied.ref)
        messages.warning(request, _("This file has already been imported, or its rows were deleted. Upload it again."))
        return redirect("admin:imports")

    n_rows = job.n_new + job.n_changed
    lines = [
        ngettext("%(n)d row of %(name)s will be imported.", "%(n)d rows of %(name)s will be imported.", n_rows)
        % {"n": n_rows, "name": job.name}
    ]
    if job.n_wrong:
        lines.append(
            ngettext("%(n)d row with an error is skipped.", "%(n)d rows with errors are skipped.", job.n_wrong)
            % {"n": job.n_wrong}
        )
    if job.invites and job.n_new:
        lines.append(
            ngettext("%(n)d new person is invited by email.", "%(n)d new people are invited by email.", job.n_new)
            % {"n": job.n_new}
        )
    title = _("Import this file")
    asked = ReasonPage(
        title=title, button=_("Import"), back=resolve_url("admin:import", ref), here="imports", lines=tuple(lines)
    )
    return admin_changes.with_reason(request, asked, run)


def cancel(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Cancel a running import."""
    job = _job(request, ref)
    back = resolve_url("admin:import", ref)

    def run(reason: str) -> HttpResponse:
        if not jobs.cancel(job, request.user, request_context.read(request), reason=reason):
            messages.info(request, _("The import had already finished."))
        return redirect(back)

    if job.is_dry_run:
        title, line = _("Cancel check"), _("%(name)s: nothing was imported.")
    else:
        title = _("Cancel import")
        line = _("%(name)s: rows that have already been imported stay. No other row is imported.")
    asked = ReasonPage(title=title, button=title, back=back, here="imports", lines=(line % {"name": job.name},))
    return admin_changes.with_reason(request, asked, run)


def faults(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Export the rejected rows with their reasons."""
    job = _job(request, ref)
    rows = [("line", "reason"), *((line, reason) for line, reason in job.faults)]
    title, back = _("Export rejected rows"), resolve_url("admin:import", ref)
    return csv_export_with_reason.give(
        request, "bad-rows", lambda: rows, title=title, search={"file": job.name}, back=back, here="imports"
    )


def export(request: AuthedRequest) -> HttpResponseBase:
    """Export the users that a search finds, without numbers or secrets."""
    if not request.user.has_perm("accounts.export_people"):
        raise PermissionDenied
    search = people_search.read(request.GET)
    kept = people_search.kept(search)
    found = people_search.matching(request.user, search, now=request_context.read(request).now, most=None)
    return csv_export_with_reason.give(
        request,
        "people",
        lambda: people_export.rows(list(found.order_by("username").values_list("pk", flat=True))),
        title=_("Export people"),
        search=kept,
        back=f"{resolve_url('admin:accounts_user_changelist')}?{urlencode(kept)}",
        here="people",
    )
