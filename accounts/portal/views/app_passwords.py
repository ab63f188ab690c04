"""Views of a user's app passwords: list, details, create, delete."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts import app_passwords, reauthentication, request_context
from accounts.app_passwords import AppPasswordSearch, Order, Program, kinds_of_apps, limits, search_sort_and_unused
from accounts.models import AppPassword
from accounts.portal.app_password_form import AppPasswordForm
from accounts.sessions.session_assurance import AuthedRequest
from verification import inputs, policies

_ORDERS = (
    (Order.CREATED, gettext_lazy("Newest first")),
    (Order.NAME, gettext_lazy("Name")),
    (Order.USED, gettext_lazy("Last used")),
)


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the app passwords, including suspended ones, and the apps that keep failing."""
    now = request_context.read(request).now
    mine = list(app_passwords.of_person(request.user))
    search = _search(request)
    is_allowed = policies.rules_for(request.user.pk).app_passwords
    context = {
        "n_all": len(mine),
        "lines": [_line(row, now) for row in search_sort_and_unused.found(mine, search, now=now)],
        "search": search,
        "orders": _ORDERS,
        "now": now,
        "is_allowed": is_allowed,
        "may_make": is_allowed and request.user.securing_since is None,
        "is_full": len(mine) >= app_passwords.MAX_PER_PERSON,
        "most": app_passwords.MAX_PER_PERSON,
        "unused_days": limits.UNUSED_AFTER.days,
        "stale": app_passwords.stale_of(request.user, now=now),
        "here": "app-passwords",
    }
    return render(request, "accounts/portal/app_passwords.html", context)


def _search(request: AuthedRequest) -> AppPasswordSearch:
    order = request.GET.get("sort", "")
    return AppPasswordSearch(
        words=inputs.shortened(request.GET.get("q"), max_length=64),
        order=Order(order) if order in set(Order) else Order.CREATED,
        is_unused="unused" in request.GET,
    )


@dataclass(frozen=True)
class _AppPasswordLine:
    """One app password in the list, and on its page."""

    row: AppPassword
    program: Program
    is_over: bool
    is_forgotten: bool


def _line(row: AppPassword, now: datetime) -> _AppPasswordLine:
    return _AppPasswordLine(
        row,
        kinds_of_apps.program(row.program),
        is_over=row.ends_at is not None and row.ends_at <= now,
        is_forgotten=search_sort_and_unused.is_forgotten(row, now),
    )


@require_GET
def show(request: AuthedRequest, ref: str) -> HttpResponse:
    """Show one app password: what it is for, its restrictions and where it was used."""
    row = app_passwords.of_person(request.user).filter(ref=ref).first()
    if row is None:
        raise Http404
    line = _line(row, request_context.read(request).now)
    values = {"line": line, "unused_days": limits.UNUSED_AFTER.days, "here": "app-passwords"}
    return render(request, "accounts/portal/app_password.html", values)


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def create(request: AuthedRequest) -> HttpResponse:
    """Create an app password. It is shown in the response to the POST and nowhere else."""
    if not app_passwords.may_make(request.user):
        return redirect("portal:app-passwords")
    form = AppPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        context = request_context.read(request)
        try:
            secret = app_passwords.issue(request.user, context, **form.fields_of_issue(context.now))
        except app_passwords.TooManyAppPasswords:
            words = _("You have the most app passwords allowed. Delete one first.")
            messages.warning(request, words, extra_tags="portal:app_passwords_full")
            return redirect("portal:app-passwords")
        except app_passwords.AppPasswordsOff:
            words = _("We didn’t create an app password, because your account or its settings have changed. Try again.")
            messages.warning(request, words, extra_tags="portal:changed_meanwhile")
            return redirect("portal:app-passwords")
        values = {
            "secret": secret,
            "name": form.cleaned_data["name"],
            "program": kinds_of_apps.program(form.cleaned_data["program"]),
            "here": "app-passwords",
        }
        return render(request, "accounts/portal/app_password_shown.html", values)
    return render(request, "accounts/portal/app_password_create.html", {"form": form, "here": "app-passwords"})


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def delete(request: AuthedRequest, ref: str = "") -> HttpResponse:
    """Delete one app password, or all, after confirmation."""
    mine = app_passwords.of_person(request.user)
    named = mine.filter(ref=ref).first() if ref else None
    if ref and named is None:
        raise Http404
    if request.method == "POST":
        app_passwords.revoke(request.user, request_context.read(request), ref=ref)
        if named:
            messages.success(request, _("Deleted. Apps that use it can’t sign in any more."))
        else:
            messages.success(request, _("Deleted. Apps that use app passwords can’t sign in any more."))
        return redirect("portal:app-passwords")
    context = {"named": named, "count": mine.count(), "here": "app-passwords"}
    return render(request, "accounts/portal/app_password_delete.html", context)
