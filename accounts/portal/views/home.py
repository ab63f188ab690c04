"""The start page of the portal."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.portal import application_tiles, method_recommendations, recent_caller_verifications
from accounts.sessions import session_assurance
from accounts.sessions.session_assurance import AuthedRequest
from verification import enrolments, policies

_MAX_TILES = 4


@require_GET
def home(request: AuthedRequest) -> HttpResponse:
    """Show the user, their methods, and what is worth doing next."""
    now = timezone.now()
    rules = policies.rules_for(request.user.pk)
    mine = enrolments.options(
        enrolments.confirmed(request.user.pk), rules.methods, now=now, voice_countries=rules.voice_countries
    )
    n_codes = enrolments.recovery_codes_left(request.user.pk)
    has_backup = bool(enrolments.backup_method(rules.methods))
    context = {
        "assurance": session_assurance.of(request),
        "options": mine,
        "recommendations": method_recommendations.recommend(mine, n_codes=n_codes, has_backup=has_backup, now=now),
        "reassurance": method_recommendations.reassurance(mine),
        "n_codes": n_codes,
        "tiles": application_tiles.recent(request.user, most=_MAX_TILES),
        "caller_checks": recent_caller_verifications.just_now(request.user, now=now),
        "here": "home",
    }
    return render(request, "accounts/portal/home.html", context)
