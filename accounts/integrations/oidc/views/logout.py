"""Sign-out at the request of an application. Source: OpenID Connect RP-Initiated Logout 1.0."""

from dataclasses import dataclass

from django.contrib.auth import logout as forget
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts import redirects, request_context
from accounts.integrations.oidc import (
    authorization_request,
    authorization_responses,
    id_and_logout_tokens,
    scopes_and_claims_about_person,
)
from accounts.models import ApplicationSession, OidcClient, User
from accounts.sessions import ending_sessions, session_assurance, session_store
from verification import inputs

_MAX_URL_LENGTH = 4000  # characters
_CONFIRMED = "confirmed"  # field of our own form
_NAMES = ("client_id", "post_logout_redirect_uri", "state", "id_token_hint")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What an application asks for. Shape: `client` is None in any doubt; then the browser is sent nowhere."""

    client: OidcClient | None
    uri: str
    state: str
    subject: str
    sid: str

    @property
    def url(self) -> str:
        """Return where the browser goes afterwards, empty if nowhere. Source: 3: exactly as registered.

        Nobody is sent to an application that is switched off: its address may belong to someone else by now.
        """
        if self.client is None or not self.client.application.is_active:
            return ""
        if self.uri not in self.client.post_logout_redirect_uris.split():
            return ""
        mark = "&" if "?" in self.uri else "?"
        return f"{self.uri}{mark}{urlencode({'state': self.state})}" if self.state else self.uri


@csrf_exempt  # an application may send the person here with a form; our own form is checked below
@login_not_required
@require_http_methods(["GET", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """End the person's session, after asking them in any doubt. All their applications are told."""
    if request.method == "POST":
        # A form of another site comes without our cookies. As a GET of the same request it has them.
        return _confirmed(request) if _CONFIRMED in request.POST else _as_get(request.POST)
    asked = _read(request.GET)
    user = session_assurance.of(request).user
    if user is None:
        return _gone(request, asked)
    if _is_certain(request, user, asked):
        _end(request, user)
        return _gone(request, asked)
    return _page(request, asked)


def _as_get(form: QueryDict) -> HttpResponse:
    shown = urlencode({name: form.get(name, "") for name in _NAMES if name in form})
    response = HttpResponseRedirect(f"{reverse('oidc:logout')}?{shown}"[:_MAX_URL_LENGTH])
    response.status_code = 303
    return response


def _end(request: HttpRequest, user: User) -> None:
    """End the session here, and with it those of all applications that were opened from it."""
    ending_sessions.sign_out(request.session, user, request_context.read(request))
    forget(request)


@csrf_protect
def _confirmed(request: HttpRequest) -> HttpResponse:
    asked = _read(request.POST)
    user = session_assurance.of(request).user
    if user is not None:
        _end(request, user)
    return _gone(request, asked)


def _read(form: QueryDict) -> _Asked:
    hint = id_and_logout_tokens.read_hint(form.get("id_token_hint", ""))
    named, shown = form.get("client_id", ""), str(hint["aud"]) if hint else ""
    client_id = inputs.shortened(shown or named, max_length=255)  # this form isn't screened: it needs no cookie of ours
    is_one = not (named and shown and named != shown)
    known = OidcClient.objects.select_related("application").filter(client_id=client_id)
    state = form.get("state", "")
    return _Asked(
        client=known.first() if client_id and is_one else None,
        uri=form.get("post_logout_redirect_uri", ""),
        state=state if len(state) <= authorization_request.MAX_STATE_LENGTH else "",
        subject=str(hint["sub"]) if hint and is_one else "",
        sid=str(hint.get("sid", "")) if hint and is_one else "",
    )


def _is_certain(request: HttpRequest, user: User, asked: _Asked) -> bool:
    """Return whether the application showed an ID token of this very session, even an expired one."""
    if asked.client is None or asked.subject != scopes_and_claims_about_person.subject(user):
        return False
    mine = ApplicationSession.objects.filter(
        application=asked.client.application_id, user=user, session_ref=session_store.ref_of(request.session)
    )
    return any(id_and_logout_tokens.sid(session) == asked.sid for session in mine)


def _page(request: HttpRequest, asked: _Asked) -> HttpResponse:
    values = {
        "application": asked.client.application if asked.client is not None else None,
        "fields": [(name, request.GET[name]) for name in _NAMES if name in request.GET],
    }
    return render(request, "accounts/oidc/logout.html", values)


def _gone(request: HttpRequest, asked: _Asked) -> HttpResponse:
    if asked.url and asked.client is not None:
        return authorization_responses.leave(request, asked.url, name=asked.client.application.name)
    return redirect(redirects.asking("signin:password", "", **{"signed-out": "1"}))
