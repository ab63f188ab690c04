"""The portal's pages."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import standing
from accounts.standing import AuthedRequest
from verification import enrolments, policies


@require_GET
def home(request: AuthedRequest) -> HttpResponse:
    """Tell who this is, with which methods, and what is worth doing next."""
    here = standing.of(request)
    rules = policies.rules_for(request.user.pk)
    mine = enrolments.options(enrolments.confirmed(request.user.pk), rules.methods, now=timezone.now())
    ways = [option for option in mine if not option.is_reserve]
    context = {
        "standing": here,
        "ways": mine,
        "hint": enrolments.hint_when_few(len({option.enrolment.hint or option.method for option in ways})),
        "n_codes": enrolments.vouchers_left(request.user.pk),
        "has_reserve": bool(enrolments.reserve_method(rules.methods)),
        "here": "home",
    }
    return render(request, "accounts/portal/home.html", context)
