"""The view for moving to a new phone: set it up, verify it, then remove what the old one had."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import reauthentication
from accounts.portal import new_phone_move_in_session
from accounts.portal.views import methods
from accounts.sessions.session_assurance import AuthedRequest
from verification import method_registry
from verification.enrolments import Option
from verification.method_capabilities import HandedOut


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def move(request: AuthedRequest) -> HttpResponse:
    """Guide the user to a new phone: set it up, verify it, then remove the old one's methods."""
    now = timezone.now()
    rules, offers = methods.read_offers(request)
    # What the organisation hands out, such as a hardware token, is on no phone.
    offers = [o for o in offers if not method_registry.has(o.name, HandedOut)]
    mine = [o for o in methods.read_options(request, rules) if not (o.is_backup or o.is_handed_out)]
    started = new_phone_move_in_session.moved_since(request.session, now)
    if request.method == "POST" and "begin" in request.POST:
        new_phone_move_in_session.begin(request.session, now)
        return redirect("portal:new-phone")
    new, old = _split(mine, started)
    if request.method == "POST" and new:
        return _finish_move(request, old)
    context = {"offers": offers, "new": new, "old": old, "started": started, "here": "methods"}
    return render(request, "accounts/portal/new_phone.html", context)


def _split(mine: list[Option], started: float | None) -> tuple[list[Option], list[Option]]:
    """Split the options into those set up since the move began and those from before."""

    def is_new(option: Option) -> bool:
        at = option.enrolment.confirmed_at
        return started is not None and at is not None and at.timestamp() >= started

    return [o for o in mine if is_new(o)], [o for o in mine if not is_new(o)]


def _finish_move(request: AuthedRequest, old: list[Option]) -> HttpResponse:
    wanted = set(request.POST.getlist("remove"))
    gone = [o for o in old if o.ref in wanted and methods.take_away(request, o.enrolment)]
    new_phone_move_in_session.end(request.session)
    messages.success(
        request,
        _("Your new phone is set up. You can’t sign in with the methods you removed any more.")
        if gone
        else _("Your new phone is set up. The methods on your old phone still work."),
        extra_tags="portal:phone_moved",
    )
    return redirect("portal:methods")
