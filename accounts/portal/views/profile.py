"""The view of a user's details, and of their language and time zone, which they can change."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.portal.profile_form import ProfileForm
from accounts.sessions.session_assurance import AuthedRequest


@require_http_methods(["GET", "POST"])
def profile(request: AuthedRequest) -> HttpResponse:
    """Show the user's details, and change their language and time zone."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"language": user.language, "time_zone": user.time_zone})
    if request.method == "POST" and form.is_valid():
        user.language = form.cleaned_data.get("language", user.language)
        user.time_zone = form.cleaned_data["time_zone"]
        user.save(update_fields=["language", "time_zone"])
        messages.success(request, _("We saved your changes."), extra_tags="portal:saved")
        return redirect("portal:profile")
    return render(request, "accounts/portal/profile.html", {"form": form, "here": "profile"})
