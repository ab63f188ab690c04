"""The page behind the link of an invitation: a first password, or where to sign in with an existing one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import redirects, request_context
from accounts.signin import invitation_links
from accounts.signin.password_forms import NewPasswordForm, accepts_password


@login_not_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, handle: str, token: str) -> HttpResponse:
    """Welcome someone who was invited. Opening the page changes nothing, because mail filters open links too."""
    context = request_context.read(request)
    found = invitation_links.opened(handle, token, context)
    if found is None:
        return render(request, "accounts/signin/invitation_link_over.html", status=410)
    if not found.user.has_password_here:
        return render(request, "accounts/signin/invitation_directory.html", {"account": found.user.get_username()})
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and accepts_password(form, found.user):
        if not invitation_links.accept(found, form.cleaned_data["new_password"], context):
            return render(request, "accounts/signin/invitation_link_over.html", status=410)
        messages.success(request, _("Your password is set. Sign in with it, and then set up your second step."))
        return redirect(redirects.asking("signin:password", "", username=found.user.get_username()))
    return render(request, "accounts/signin/invitation.html", {"form": form, "account": found.user.get_username()})
