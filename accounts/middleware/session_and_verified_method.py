"""Middleware that reads the session, with its challenge on sign-in pages, and the method that verified it."""

from django.contrib.sessions import middleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django_otp.middleware import OTPMiddleware

from accounts.sessions import session_store
from verification import enrolments
from verification.models import Enrolment

_SIGN_IN = "/sign-in/"  # the path that all sign-in URLs begin with


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's middleware. On sign-in pages it reads the session's challenge in the same statement.

    Other pages don't need the challenge, and the join would cost them a tenth of a millisecond.

    The cookie of a session that isn't there any more stays until a new one replaces it. Django deletes it: if a sign-in
    in another tab changed the key during this request, that would delete the new cookie, and so sign the person out.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(_SIGN_IN):
            session_store.load_with_challenge(request.session)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.modified or not session.is_empty():
            return super().process_response(request, response)
        if session.accessed:
            patch_vary_headers(response, ("Cookie",))
        return response


class EnrolmentMiddleware(OTPMiddleware):  # type: ignore[misc]  # django-otp ships no types
    """django-otp's middleware, which reads what verified the session by a compiled statement."""

    def _device_from_persistent_id(self, persistent_id: str) -> Enrolment | None:
        return enrolments.of_session(persistent_id)
