"""Asks a signed-in person to prove themselves again before a action, and comes back to what they were doing."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import redirects, session_assurance
from accounts.session_assurance import AuthedRequest

P = ParamSpec("P")
SPAN = timedelta(minutes=10)  # Source: ASVS 5.0, 7.5.1
OWN_SPAN = timedelta(minutes=5)  # for a change to one's own methods, codes, password or app passwords
_HELD = "held"
_UNHELD = "password"  # a form with such a field is not held: it is typed again


def is_fresh(request: HttpRequest, *, within: timedelta = SPAN) -> bool:
    """Tell whether the person proved the second step, or their password where no second step is asked, just now."""
    here = session_assurance.of(request)
    return here.proven_at is not None and timezone.now() - here.proven_at < within and _is_strong(here)


def _is_strong(here: session_assurance.Assurance) -> bool:
    return here.is_proven or here.why == "not_required"


def required(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse],
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    """Open a view to a fresh proof only. What was posted is held and offered again after it: nothing is typed twice."""
    return _required(view, SPAN)


def required_for_own(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse],
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    """Open a change to one's own account likewise, to a proof that is fresher still."""
    return _required(view, OWN_SPAN)


def _required(
    view: Callable[Concatenate[AuthedRequest, P], HttpResponse], within: timedelta
) -> Callable[Concatenate[AuthedRequest, P], HttpResponse]:
    @wraps(view)
    def guarded(request: AuthedRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_fresh(request, within=within):
            held = request.session.pop(_HELD, None)
            if request.method == "GET" and held and held["path"] == request.path:
                return render(
                    request, "accounts/signin/go_on.html", {"fields": _fields(held), "action": request.get_full_path()}
                )
            return view(request, *args, **kwargs)
        if request.method == "POST" and not any(_UNHELD in name for name in request.POST):
            kept = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
            request.session[_HELD] = {"path": request.path, "fields": kept}
        return redirect(redirects.asking("signin:again", request.get_full_path()))

    return guarded


def _fields(held: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in held["fields"].items() for value in values]
