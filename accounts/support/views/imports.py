"""Views for importing and exporting files."""

from collections.abc import Iterator, Sequence

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import admin_changes, request_context
from accounts.admin_changes import Asked
from accounts.models import Import, User
from accounts.session_assurance import AuthedRequest
from accounts.support import people_search
from accounts.support.imports import file_formats, jobs
from accounts.support.imports import people_rows as rows
from accounts.support.views import exports, layout, search_filters

_BATCH = 1_000  # users read at once


class UploadForm(forms.Form):
    """A file, and what it contains."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in it?"), choices=Import.Kind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV with the columns named here; for tokens also what their maker sent, as CSV or as a PSKC package. "
            "At most 8 MB."
        ),
        error_messages={
            "required": gettext_lazy("Choose a file of at most 8 MB."),
            "empty": gettext_lazy("The file is empty."),
        },
    )
    key = forms.RegexField(
        r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64})$",
        label=gettext_lazy("Pre-shared key of a PSKC package"),
        required=False,
        help_text=gettext_lazy("In hex; only where the package is encrypted by a key."),
        error_messages={"invalid": gettext_lazy("A key is 32, 48 or 64 hex digits.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Passphrase of a PSKC package"),
        required=False,
        strip=False,
        max_length=256,
        help_text=gettext_lazy("Only where the package is protected by a passphrase."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


def _may(request: AuthedRequest, kind: str) -> None:
    if not request.user.has_perm(jobs.RIGHTS[Import.Kind(kind)]):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def index(request: AuthedRequest) -> HttpResponse:
    """Upload a file for a dry run, and list the latest ones."""
    if not any(request.user.has_perm(right) for right in jobs.RIGHTS.values()):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        _may(request, form.cleaned_data["kind"])
        try:
            job = _begin(request, form)
        except file_formats.Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("admin:import", job.ref)
    columns = [(kind.label, ",".join(names)) for kind, names in file_formats.COLUMNS.items()]
    context = {"form": form, "columns": columns, "jobs": Import.objects.defer("sealed").order_by("-made_at")[:10]}
    return layout.page(request, "imports.html", context, here="imports")


def _begin(request: AuthedRequest, form: UploadForm) -> Import:
    upload, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
    given = {"key": form.cleaned_data["key"], "passphrase": form.cleaned_data["password"]}
    text = file_formats.read(upload.read(), kind, **given)
    return jobs.begin(kind, text, request.user, request_context.read(request), name=upload.name, is_dry_run=True)


def _job(request: AuthedRequest, ref: str) -> Import:
    job = get_object_or_404(Import, ref=ref)
    _may(request, job.kind)
    return job


def show(request: AuthedRequest, ref: str) -> HttpResponse:
    """Show the progress of a file and its errors."""
    job = _job(request, ref)
    return layout.page(
        request, "import.html", {"job": job, "faults": job.faults[:100], "warnings": job.warnings[:100]}, here="imports"
    )


def apply(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Apply a file after its dry run."""
    job = _job(request, ref)

    def run(reason: str) -> HttpResponse:
        applied = jobs.apply(job, request.user, request_context.read(request), reason=reason)
        return redirect("admin:import", applied.ref) if applied else redirect("admin:imports")

    lines = (_("%(n)d rows of %(name)s are brought in.") % {"n": job.n_rows, "name": job.name},)
    asked = Asked(
        title=_("Apply"), button=_("Apply"), back=resolve_url("admin:import", ref), here="imports", lines=lines
    )
    return admin_changes.with_reason(request, asked, run)


def cancel(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Cancel a running import."""
    job = _job(request, ref)
    back = resolve_url("admin:import", ref)

    def run(reason: str) -> HttpResponse:
        if not jobs.cancel(job, request.user, request_context.read(request), reason=reason):
            messages.info(request, _("It had come to its end already."))
        return redirect(back)

    lines = (_("%(name)s: no further row is brought in. What was brought in stays.") % {"name": job.name},)
    asked = Asked(title=_("Cancel the import"), button=_("Cancel the import"), back=back, here="imports", lines=lines)
    return admin_changes.with_reason(request, asked, run)


def faults(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Export the rejected rows with their reasons."""
    job = _job(request, ref)
    rows = [("line", "reason"), *((line, reason) for line, reason in job.faults)]
    title, back = _("Bad rows, as a file"), resolve_url("admin:import", ref)
    return exports.give(
        request, "bad-rows", lambda: rows, title=title, search={"file": job.name}, back=back, here="imports"
    )


def export(request: AuthedRequest) -> HttpResponseBase:
    """Export the users that a search finds, without numbers or secrets."""
    if not request.user.has_perm("accounts.export_people"):
        raise PermissionDenied
    search = search_filters.read(request.GET)
    kept = search_filters.kept(search)
    found = people_search.matching(request.user, search, now=request_context.read(request).now)
    return exports.give(
        request,
        "people",
        lambda: _rows(list(found.order_by("username").values_list("pk", flat=True))),
        title=_("People, as a file"),
        search=kept,
        back=f"{resolve_url('admin:accounts_user_changelist')}?{urlencode(kept)}",
        here="people",
    )


def _rows(keys: Sequence[int]) -> Iterator[Sequence[object]]:
    yield (*file_formats.COLUMNS[Import.Kind.PEOPLE], "ways", "last sign-in")
    for at in range(0, len(keys), _BATCH):
        yield from _batch(keys[at : at + _BATCH])


def _batch(keys: Sequence[int]) -> Iterator[Sequence[object]]:
    for user in User.objects.filter(pk__in=keys).prefetch_related("groups").order_by("username"):
        groups = rows.joined(group.name for group in user.groups.all())
        last = user.last_login.isoformat() if user.last_login else ""
        yield (user.username, user.name, user.email, groups, user.second_step, user.n_methods, last)
