"""The view for new recovery codes, which are shown once."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import reauthentication, request_context
from accounts.sessions.session_assurance import AuthedRequest
from verification import enrolments, policies


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def renew(request: AuthedRequest) -> HttpResponse:
    """Create a new set of recovery codes. They are shown in the response to the POST and nowhere else."""
    rules = policies.rules_for(request.user.pk)
    backup = enrolments.backup_method(rules.methods)
    if not backup:
        raise Http404
    present = enrolments.recovery_code_set(request.user.pk, backup)
    mine = enrolments.options(enrolments.confirmed(request.user.pk), rules.methods, now=timezone.now())
    context: dict[str, Any] = {
        "is_locked": any(option.is_locked for option in mine if option.is_backup),
        "n_codes": enrolments.recovery_codes_left(request.user.pk),
        "n_new": enrolments.recovery_codes_in_set(),
        "replaces": present,
        "here": "methods",
    }
    if request.method == "POST":
        replaces = request.POST.get("replaces", "")
        fresh = enrolments.issue_recovery_codes(
            request.user, request_context.read(request), method_name=backup, replaces=replaces
        )
        if not fresh:
            messages.info(
                request,
                _("You already have new codes, and they work. If you need others, get new codes."),
            )
            return redirect("portal:recovery-codes")
        context["codes"] = [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in fresh]
    return render(request, "accounts/portal/recovery_codes.html", context)
