"""Re-authentication: a signed-in user verifies again before a sensitive change, then returns to it."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import access, redirects
from accounts.sessions import session_store
from accounts.sessions.session_assurance import AuthedRequest
from verification.keys import strings_encrypted_for_one_row

P = ParamSpec("P")
MAX_AGE = timedelta(minutes=10)  # Source: ASVS 5.0, 7.5.1
OWN_MAX_AGE = timedelta(minutes=5)  # for a change to one's own methods, codes, password or app passwords
BACK = "back"  # with this field, a form is shown again with everything that was filled in, and does nothing
_KEPT_FORM = "kept_form"
_CODES = {"code", "first", "second"}  # fields with codes of a caller, or of a token that is resynchronised


def is_fresh(request: HttpRequest, *, within: timedelta = MAX_AGE) -> bool:
    """Return whether the user recently passed the second step, or the password if no second step is required."""
    return access.portal_and_staff_access.again(request, within=within).is_granted


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
            kept = _take_form(request)
            if request.method == "GET" and kept is not None:
                values = {**kept, "action": request.get_full_path()}
                return render(request, "accounts/signin/verified_again.html", values)
            return view(request, *args, **kwargs)
        if request.method == "POST" and not _has_secret(request):
            _keep_form(request)
        return redirect(redirects.asking("signin:reauthenticate", request.get_full_path()))

    return guarded


def _has_secret(request: HttpRequest) -> bool:
    """Return whether a form has a password or a code. Such a form is never kept in the session."""
    said = request.POST.lists()
    return any("password" in name or (name in _CODES and any(map(str.isdigit, "".join(all_)))) for name, all_ in said)


def _keep_form(request: HttpRequest) -> None:
    """Keep a form in the session, encrypted: it may have a phone number.

    A file isn't kept, so the form is shown again, for the file to be chosen again. Otherwise it would be saved without.
    """
    kept = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    has_file = bool(request.FILES)
    fields = kept | ({BACK: ["yes"]} if has_file else {})
    ends = (timezone.now() + MAX_AGE).timestamp()
    text = json.dumps({"path": request.path, "fields": fields, "has_file": has_file, "ends": ends})
    request.session[_KEPT_FORM] = strings_encrypted_for_one_row.seal(text, bound=session_store.ref_of(request.session))


def _take_form(request: HttpRequest) -> dict[str, object] | None:
    """Remove a kept form of this page from the session. Return its fields, and whether it had a file.

    A form of another page stays: it waits for its own tab, which may return after this one.
    """
    sealed = request.session.get(_KEPT_FORM, "")
    if not sealed:
        return None
    text = strings_encrypted_for_one_row.unseal(sealed, bound=session_store.ref_of(request.session))
    kept: dict[str, Any] = json.loads(text) if text else {}
    is_over = kept.get("ends", 0) < timezone.now().timestamp()
    if not is_over and kept["path"] != request.path:
        return None
    del request.session[_KEPT_FORM]
    if is_over:
        return None
    fields = [(name, value) for name, values in kept["fields"].items() for value in values]
    return {"fields": fields, "has_file": kept["has_file"]}
