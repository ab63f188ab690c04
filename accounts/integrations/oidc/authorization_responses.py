"""Answers to an authorization request, sent by a redirect of the browser to an address of the client."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.integrations.oidc import id_and_logout_tokens
from accounts.integrations.oidc.authorization_request import Answerable


def code(request: HttpRequest, to: Answerable, value: str) -> HttpResponse:
    """Give the client a code. `iss` says whose it is. Source: RFC 9207, 2."""
    return _go(request, to, code=value)


def error(request: HttpRequest, to: Answerable, name: str, description: str = "") -> HttpResponse:
    """Tell the client why there is no code. Source: RFC 6749, 4.1.2.1."""
    return _go(request, to, error=name, **({"error_description": description} if description else {}))


def _url(to: Answerable, **parameters: str) -> str:
    said = {**parameters, **({"state": to.state} if to.state else {}), "iss": id_and_logout_tokens.issuer()}
    return f"{to.redirect_uri}{'&' if '?' in to.redirect_uri else '?'}{urlencode(said)}"


def _go(request: HttpRequest, to: Answerable, **parameters: str) -> HttpResponse:
    return leave(request, _url(to, **parameters), name=to.client.application.name)


class _Away(HttpResponseRedirect):
    """A redirect to an address that is registered: of a website, or of an app on the person's device."""

    def __init__(self, url: str) -> None:
        self.allowed_schemes = [url.partition(":")[0].lower()]
        super().__init__(url)


def leave(request: HttpRequest, url: str, *, name: str) -> HttpResponse:
    """Send the browser to a registered address of an application.

    Chromium applies the policy `form-action 'self'` of a page to all redirects that follow its form. So after a form of
    ours, a page in between takes over; it needs no script. Source: Content Security Policy Level 3, 6.4.1.
    """
    if request.method == "POST" or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return render(request, "accounts/oidc/continue_to_application.html", {"url": url, "name": name})
    return _Away(url)
