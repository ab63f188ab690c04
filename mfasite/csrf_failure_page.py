"""The page for a form that failed the CSRF check: what the cause was, and where to continue."""

from enum import StrEnum

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from accounts import redirects
from accounts.sessions import session_assurance
from accounts.signin import pending_sign_in
from mfasite.error_views import error_page


class Cause(StrEnum):
    """Why a form failed the CSRF check."""

    COOKIES = "cookies"
    ORIGIN = "origin"
    SIGNED_IN = "signed_in"
    OLD = "old"


_ORIGIN = ("Origin checking failed", "Referer checking failed")  # as Django's reasons begin


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return a page for a form that failed the CSRF check: the cause, and a link to where it can be done."""
    user = session_assurance.of(request).user
    cause = _cause(request, reason, is_signed_in=user is not None)
    title, text, label = _csrf_words(cause, user.get_username() if user else "")
    more = {"title": title, "text": text, "label": label, "outcome": f"form:{cause}"}
    return error_page("403_csrf.html", 403, address=_way_on(request, is_signed_in=user is not None), **more)


def _cause(request: HttpRequest, reason: str, *, is_signed_in: bool) -> Cause:
    if reason.startswith(_ORIGIN):
        return Cause.ORIGIN
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        return Cause.SIGNED_IN if is_signed_in else Cause.OLD
    return Cause.OLD if settings.SESSION_COOKIE_NAME in request.COOKIES else Cause.COOKIES


def _way_on(request: HttpRequest, *, is_signed_in: bool) -> str:
    """Return the page to continue from. A GET of a button's URL leads to the page that the button is on."""
    sign_in = resolve_url("signin:password")
    if not request.path.startswith(sign_in) or request.path == resolve_url("signin:reauthenticate"):
        return request.get_full_path()
    next_url = redirects.wanted(request) or pending_sign_in.next_url(request)
    if is_signed_in and not pending_sign_in.is_kept(request):
        return next_url or resolve_url(settings.LOGIN_REDIRECT_URL)
    return redirects.asking("signin:password", next_url) if request.path == sign_in else request.path


def _csrf_words(cause: Cause, account: str) -> tuple[str, str, str]:
    again = _("Open the page again")
    cookies = _(
        "It blocks cookies for this site, or they were deleted while the page was open. You can’t sign in without "
        "them. Allow cookies for this site in your browser’s settings, then open the page again."
    )
    origin = _(
        "We only accept forms from our own pages, and your browser named another address or none. Open the page again "
        "and send the form from there. If that doesn’t help, tell your support desk: software in between may change it."
    )
    signed_in = _("You’re signed in as %(account)s, maybe in another tab. Nothing was done: that page was out of date.")
    old = _("You signed in or out since you opened it, or it’s very old. Nothing was done. Open it again to continue.")
    return {
        Cause.COOKIES: (_("Your browser didn’t send a cookie"), cookies, again),
        Cause.ORIGIN: (_("This form came from another address"), origin, again),
        Cause.SIGNED_IN: (_("You signed in after opening this page"), signed_in % {"account": account}, _("Continue")),
        Cause.OLD: (_("This page was open too long"), old, again),
    }[cause]
