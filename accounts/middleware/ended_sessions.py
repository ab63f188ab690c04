"""Middleware that signs people out whose session is over: a block, a lock, a changed account or a changed policy."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import access


class AssuranceMiddleware:
    """End a session, at its next request, if its epoch is over or its user is blocked or locked.

    Also end it if the second step was skipped and the policy would now ask for one, or if anything but our own sign-in
    created it. Must come after the message middleware, because it tells the user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not access.portal_and_staff_access.portal(request).is_granted:
            logout(request)
            words = _("We signed you out, because your account or its settings have changed. Sign in again.")
            messages.info(request, words, extra_tags="session:ended")
        return self.get_response(request)
