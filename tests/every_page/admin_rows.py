"""A row of each table of the admin, and what its forms say. A table that is added later needs a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone

from accounts.models import Application, Directory, ProtectedHost, Proxy, Scope, Service
from helpcenter.models import Article, Contact, Feedback, Miss, Version
from verification.models import BlockedRange, Country, OptOut, Outage, Policy, Route, SpendingLimit, Strength

TEXT = {"title": "T", "summary": "S", "body": "B"}
NOW = "2026-03-02T08:00:00"


DIRECTORY: dict[str, Any] = {
    "name": "Staff",
    "account": "cn=two-step,dc=example,dc=org",
    "base": "ou=people,dc=example,dc=org",
    "person_filter": "(uid={username})",
    "username_attribute": "uid",
    "name_attribute": "cn",
    "email_attribute": "mail",
}


def group(name: str) -> Group:
    """Return the group of a name."""
    return Group.objects.get_or_create(name=name)[0]


def _article() -> Article:
    return Article.objects.get_or_create(slug="c", topic="account", defaults=TEXT)[0]


def _behind() -> Application:
    return Application.objects.get_or_create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)[0]


@dataclass(frozen=True)
class Sample:
    """A row of a table, and what a form says to add another and to change this one; empty where it cannot be done.

    `asked` is what the page to add one asks for first, as the query of its address.
    """

    row: Callable[[], dict[str, Any]]
    add: Callable[[], dict[str, str]] = dict
    change: Callable[[], dict[str, str]] = dict
    asked: str = ""


SAMPLES: dict[type[Model], Sample] = {
    Service: Sample(
        lambda: {"slug": "mail", "name": "Mail", "program": "mail", "key_digest": "d"},
        lambda: {"slug": "calendar", "name": "Calendar", "program": "calendar"},
        lambda: {"name": "Post"},
    ),
    Proxy: Sample(
        lambda: {
            "slug": "front",
            "name": "Front",
            "program": "caddy",
            "networks": ["192.0.2.9/32"],
            "former_digest": "d",
        },
        lambda: {"slug": "back", "name": "Back", "program": "nginx", "networks": "192.0.2.10"},
        lambda: {"name": "Edge"},
    ),
    ProtectedHost: Sample(
        lambda: {"application": _behind(), "host": "wiki.example.org", "path_prefix": "/"},
        lambda: {"application": str(_behind().pk), "host": "a.example.org", "path_prefix": "/", "access": "sign-in"},
        lambda: {"access": "sign-in"},
    ),
    Directory: Sample(
        lambda: DIRECTORY | {"servers": ["ldap.example.org"]},
        lambda: {
            "name": "Guests",
            "servers": "ldap2.example.org",
            "account_password": "secret",
            "account": "cn=a",
            "base": "dc=b",
        },
        lambda: {"name": "People", "base": "ou=all,dc=example,dc=org"},
        asked="kind=openldap",
    ),
    Scope: Sample(
        lambda: {"desk": group("Desk")},
        lambda: {"desk": str(group("South").pk), "people": str(group("North").pk)},
        lambda: {"people": str(group("North").pk)},
    ),
    Policy: Sample(
        lambda: {"rank": 5, "group": group("Desk")},
        lambda: {"rank": "7", "remember_days": "3", "confirmed": "yes"},
        lambda: {"rank": "8", "confirmed": "yes"},
    ),
    Strength: Sample(
        lambda: {"slug": "hardware", "name": "Hardware only"},
        lambda: {"slug": "keys", "name": "Keys only"},
        lambda: {"name": "Hardware"},
    ),
    Route: Sample(
        lambda: {"kind": "text", "place": "CH", "provider": "virtual"},
        lambda: {"kind": "call", "place": "DE", "provider": "virtual", "order": "3"},
        lambda: {"order": "2"},
    ),
    Outage: Sample(
        lambda: {"kind": "text", "starts_at": timezone.now()},
        lambda: {"kind": "call", "starts_at": NOW, "confirmed": "yes"},
        lambda: {"words": "The carrier is down.", "confirmed": "yes"},
    ),
    Country: Sample(lambda: {"code": "FR"}, lambda: {"code": "DE"}, lambda: {"text_price": "0.100"}),
    SpendingLimit: Sample(
        lambda: {"span": "month", "stop_at": 10}, lambda: {"span": "day"}, lambda: {"stop_at": "20.00"}
    ),
    BlockedRange: Sample(
        lambda: {
            "range": "+3712",
            "n_sent": 1,
            "n_proven": 0,
            "began_at": timezone.now(),
            "ends_at": timezone.now() + timedelta(hours=4),
        },
        dict,
        lambda: {"reason": "They were people at an event."},
    ),
    OptOut: Sample(lambda: {"address_digest": "d", "hint": "+41 XX", "at": timezone.now()}),
    Article: Sample(
        lambda: {"slug": "a", "topic": "account"} | TEXT,
        lambda: {"slug": "b", "topic": "account", "publish_at": NOW} | TEXT,
        lambda: {"title": "U", "body": "B"},
    ),
    Version: Sample(lambda: {"article": _article()} | TEXT),
    Feedback: Sample(lambda: {"article": _article(), "has_helped": True}),
    Miss: Sample(lambda: {"text": "lost"}),
    Contact: Sample(
        lambda: {"name": "Desk", "phone": "1", "group": group("Desk")},
        lambda: {"name": "North", "phone": "2"},
        lambda: {"phone": "3"},
    ),
}
