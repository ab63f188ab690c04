"""Re-authentication: a signed-in user verifies again before a sensitive change, then returns to it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import access, redirects
from accounts.session_assurance import AuthedRequest

P = ParamSpec("P")
MAX_AGE = timedelta(minutes=10)  # Source: ASVS 5.0, 7.5.1
OWN_MAX_AGE = timedelta(minutes=5)  # for a change to one's own methods, codes, password or app passwords
_STASHED_POST = "stashed_post"
_CODES = {"code", "first", "second"}  # fields with codes of a caller, or of a token that is resynchronised


def is_fresh(request: HttpRequest, *, within: timedelta = MAX_AGE) -> bool:
    """Return whether the user recently passed the second step, or the password if no second step is required."""
    return access.portal_and_staff.again(request, within=within).is_granted


def required(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse],
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    """Run a view only after a recent verification. A posted form is kept, so that nobody fills it in twice."""
    return _required(view, MAX_AGE)


def required_for_own(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse],
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    """Like `required`, for changes to one's own account, which need a more recent verification."""
    return _required(view, OWN_MAX_AGE)


def _required(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse], within: timedelta
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    @wraps(view)
    def guarded(request: AuthedRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_fresh(request, within=within):
            stashed = request.session.pop(_STASHED_POST, None)
            if request.method == "GET" and stashed and stashed["path"] == request.path:
                return render(
                    request,
                    "accounts/signin/verified_again.html",
                    {"fields": _fields(stashed), "action": request.get_full_path()},
                )
            return view(request, *args, **kwargs)
        if request.method == "POST" and not _has_secret(request):
            kept = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
            request.session[_STASHED_POST] = {"path": request.path, "fields": kept}
        return redirect(redirects.asking("signin:reauthenticate", request.get_full_path()))

    return guarded


def _has_secret(request: HttpRequest) -> bool:
    """Return whether a form has a password or a code. Such a form is never kept in the session."""
    said = request.POST.lists()
    return any("password" in name or (name in _CODES and any(map(str.isdigit, "".join(all_)))) for name, all_ in said)


def _fields(stashed: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in stashed["fields"].items() for value in values]
