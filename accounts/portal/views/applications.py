"""Views of the applications that a person can open, and of what each was told about them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import applications, redirects, request_context
from accounts.models import Application, ApplicationLogo
from accounts.portal import application_tiles, data_shared_with_applications
from accounts.sessions.session_assurance import AuthedRequest
from verification import inputs

_SEARCH_FROM = 12  # applications, from which a search helps
# An SVG that someone opens as a page can run nothing and load nothing.
_LOGO_POLICY = "default-src 'none'; sandbox"


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """Show a tile for each application, and say why some can't be used."""
    words = inputs.shortened(request.GET.get("q", ""), max_length=64)
    everything = application_tiles.tiles(request.user, now=request_context.read(request).now)
    found = application_tiles.matching(everything, words)
    context = {
        "mine": [tile for tile in found if tile.is_allowed],
        "others": [tile for tile in found if not tile.is_allowed],
        "n_all": len(everything),
        "has_search": len(everything) > _SEARCH_FROM or bool(words),
        "q": words,
        "here": "applications",
    }
    return render(request, "accounts/portal/applications.html", context)


def _application(slug: str) -> Application:
    return get_object_or_404(Application, slug=slug, is_active=True)


@require_GET
def show(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show what one application was told about the person, and when they used it."""
    application = _application(slug)
    now = request_context.read(request).now
    found = data_shared_with_applications.received(request.user, application, now=now)
    context = {
        "application": application,
        "initials": applications.initials(application.name),
        "is_allowed": applications.may_use(request.user, application),
        "data": data_shared_with_applications.data(request.user, application),
        "received": found,
        "may_end": any(each.session.ended_at is None for each in found),
        "here": "applications",
    }
    return render(request, "accounts/portal/application.html", context)


@redirects.button_on("portal:application", "slug")
@require_POST
def end(request: AuthedRequest, slug: str) -> HttpResponse:
    """End the person's sessions in one application. Needs no recent verification, because it only removes access."""
    application, context = _application(slug), request_context.read(request)
    n = applications.sign_out(request.user, application, context)
    if n and applications.is_told(application):
        words = _("We signed you out of %(name)s.") % {"name": application.name}
        messages.success(request, words, extra_tags="portal:application_left")
    elif n:
        words = _("Your sign-in to %(name)s ended here. If it’s still open, sign out there too.")
        messages.success(request, words % {"name": application.name}, extra_tags="portal:application_not_told")
    else:
        messages.info(request, _("You weren’t signed in to %(name)s.") % {"name": application.name})
    return redirect("portal:application", slug)


@login_not_required
@require_GET
def logo(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Return an application's logo. Its address changes with the picture, so a browser may store it.

    Strangers see it on the page of the sign-in that the application sends them to.
    """
    found = ApplicationLogo.objects.filter(application__slug=slug, application__logo_version=version).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.content_type)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = _LOGO_POLICY
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    return response
