"""Every URL of the site, read from its URL table, with real values for the parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

# URLs that work without a session, and why. Every other URL needs one.
OPEN = {
    "healthz": "a probe",
    "readyz": "a probe",
    "metrics": "has a token or a network of its own",
    "theme": "a stylesheet",
    "change-password": "leads password managers to a page",
    "passkey-endpoints": "leads password managers to pages",
    "signin:password": "the first step",
    "signin:passwordless": "a first step without a password",
    "signin:passwordless-options": "a first step without a password",
    "signin:leave": "gives up, opens nothing",
    "sign-out": "ends, opens nothing",
    "password-reset": "sends a link to the owner",
    "password-reset-link": "the link is the key",
    "invitation": "the link is the key",
    "integrations:basic-check": "has credentials of its own",
    "integrations:basic-check-mail": "has credentials of its own",
    "integrations:forward-auth": "has credentials of its own",
    "integrations:forward-auth-below": "has credentials of its own",
    "integrations:host-enter": "leads to the sign-in",
    "portal:application-logo": "a picture on the page of the sign-in",
    "openid-configuration": "says what the provider can do",
    "oauth-authorization-server": "says what the provider can do",
    "oidc:authorize": "leads to the sign-in",
    "oidc:token": "has credentials of its own",
    "oidc:userinfo": "has a token of its own",
    "oidc:revoke": "has credentials of its own",
    "oidc:introspect": "has credentials of its own",
    "oidc:jwks": "public keys",
    "scim:base": "has a token of its own",
    "scim:below": "has a token of its own",
    "oidc:logout": "ends, opens nothing",
    "help:index": "articles for everybody",
    "help:article": "articles for everybody",
    "help:diagnose": "tells a stranger nothing",
    "help:tell": "those who cannot sign in write to support",
    "help:feedback": "a word on an article for everybody",
    "verification:callback-receive": "is signed by its provider",
}
DEMO = "phone:"  # the demo's virtual phones are public
STEPS = "signin:"  # between password and second step

_ODD = {"(?P<app_label>": "accounts/", "(?P<url>": "no-such-page/"}


@dataclass(frozen=True)
class Address:
    """A URL: its name with namespaces, and a real path."""

    name: str
    path: str

    @property
    def is_open(self) -> bool:
        return self.name in OPEN or self.name.startswith(DEMO)

    @property
    def is_step(self) -> bool:
        return self.name.startswith(STEPS) and self.name != "signin:reauthenticate"

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")


def every(values: Mapping[str, str]) -> list[Address]:
    """Return all URLs, with the given values for their parameters."""
    return list(_walk(get_resolver(), "/", (), values))


def _walk(table: URLResolver, prefix: str, spaces: tuple[str, ...], values: Mapping[str, str]) -> Iterator[Address]:
    for entry in table.url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, prefix + str(entry.pattern), inside, values)
        elif isinstance(entry, URLPattern):
            yield Address(":".join([*spaces, entry.name or ""]), prefix + _fill(str(entry.pattern), values))


def _fill(pattern: str, values: Mapping[str, str]) -> str:
    if pattern.startswith(("^", "(")):
        known = next((path for odd, path in _ODD.items() if odd in pattern), None)
        assert known is not None, f"what leads to {pattern!r}?"
        return known
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: values[place[1]], pattern)
