"""Well-known URLs that password managers look for, to lead users to the right page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from verification import conf


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Redirect to the page for changing the password. Source: W3C, A Well-Known URL for Changing Passwords."""
    return redirect("portal:password")


@login_not_required
@require_safe
def passkey_endpoints(request: HttpRequest) -> HttpResponse:
    """Return the pages for adding and managing passkeys. Source: W3C, Passkey Endpoints."""
    pages = {"enroll": "portal:method-add", "manage": "portal:methods"}
    return JsonResponse({name: f"{conf.public_url()}{reverse(page)}" for name, page in pages.items()})
