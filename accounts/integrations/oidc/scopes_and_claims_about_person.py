"""Scopes, and which claims about the person each gives. Source: OpenID Connect Core 1.0, 5.4."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from verification.lazy_text import LazyText

LABELS: Mapping[str, LazyText] = {
    "openid": _("an ID for you, without personal data"),
    "profile": _("your name and username"),
    "email": _("your email address"),
    "groups": _("which groups you are in"),
}
NAMES = tuple(LABELS)
CLAIMS = ("sub", "name", "preferred_username", "email", "email_verified", "groups")


def subject(user: User) -> str:
    """Return the name by which applications know a person. Shape: 32 random hex digits; never the username."""
    return user.subject.hex


def claims(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """Return what the scopes allow to say about a person. Email addresses come from the organisation, not from them."""
    found: dict[str, Any] = {"sub": subject(user)}
    if "profile" in scopes:
        found |= {"name": user.name or user.username, "preferred_username": user.username}
    if "email" in scopes and user.email:
        found |= {"email": user.email, "email_verified": True}
    if "groups" in scopes:
        found["groups"] = sorted(user.groups.values_list("name", flat=True))
    return found
