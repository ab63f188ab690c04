"""Tests that no odd number, date, list or name in an admin URL or form causes a server error, for any role."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from accounts.admin_site import urls
from accounts.models.permissions_of_shipped_roles import ROLES
from tests.infrastructure.rounds import some
from tests.simulated.people import Clock, Person, hire, join

assert urls.urlpatterns  # imported because it fills the registry

ODD = (
    "\0",
    "9" * 25,
    "9" * 5_000,
    "²",
    "ß" * 200,
    "0001-01-01",
    "9999-12-31",
    ",".join(["1"] * 900),
)
FEW = ("9" * 25, "9999-12-31")  # for the many combinations
NAMES = ("q", "p", "o", "_to_field")
LOOKUPS = ("", "__in", "__gt", "__year")
SEARCHES = {
    "admin:accounts_user_changelist": ("q", "group", "state", "trouble", "after", "before"),
    "admin:people-export": ("q", "group", "state", "trouble", "after", "before"),
    "admin:audit-log": ("kind", "level", "person", "actor", "ticket", "network", "since", "until", "before"),
    "admin:audit-log-export": ("kind", "level", "person", "actor", "ticket", "network", "since", "until", "before"),
    "admin:audit-log-check": ("x",),
    "admin:reports": ("x",),
    "admin:deliveries": ("x",),
    "admin:costs": ("x",),
    "admin:roles": ("x",),
    "admin:imports": ("x",),
    "admin:support-requests": ("x",),
    "admin:auth_group_changelist": ("x",),
    "admin:autocomplete": ("term", "app_label", "model_name", "field_name", "page"),
    "admin:index": ("x",),
    "admin:login": ("next",),
}


ALL = pytest.mark.parametrize("staff", ["root", *ROLES], indirect=True)
ROOT = pytest.mark.parametrize("staff", ["root"], indirect=True)  # who has every permission


@pytest.fixture
def staff(request: pytest.FixtureRequest, db: None, clock: Clock) -> Person:
    """Return a person of each role in turn, who has just verified."""
    if request.param == "root":
        person = join("root", is_staff=True, is_superuser=True).set_up("totp")
    else:
        person = hire("dora", request.param)
    person.sign_in(to="/admin/")
    return person


def _ask(person: Person, address: str, sent: Mapping[str, Any] | None = None) -> str:
    """Send one odd request and undo what it did. Return the URL if the server failed."""
    token = person.browser.client.cookies["mfa_csrf"].value
    person.browser.client.raise_request_exception = False
    try:
        with transaction.atomic():
            if sent is None:
                answer = person.browser.client.get(address)
            else:
                answer = person.browser.client.post(address, {"csrfmiddlewaretoken": token, **sent})
            if answer.streaming:
                b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streaming answer
            transaction.set_rollback(True)
    except Exception as fault:  # noqa: BLE001  (any at all is what this looks for)
        return f"{address[:120]}: {fault!r}"
    return f"{address[:120]}: {answer.status_code}" if answer.status_code >= 500 else ""


def _odd(person: Person) -> tuple[str, ...]:
    return ODD if person.user.is_superuser else FEW


def _tables() -> Iterator[str]:
    for model in admin.site._registry:
        yield f"{model._meta.app_label}_{model._meta.model_name}"


@ALL
def test_odd_searches_are_answered(staff: Person) -> None:
    """Days at the ends of the calendar, numbers beyond 64 bits, long lists."""
    faults = []
    places = [(name, field) for name, fields in SEARCHES.items() for field in fields]
    for n, (name, field) in enumerate(places):
        odd_ones = some(_odd(staff), 4, turn=n)
        faults += [_ask(staff, f"{reverse(name)}?{urlencode({field: odd})}") for odd in odd_ones]

    assert [fault for fault in faults if fault] == []


@ROOT
def test_odd_filters_of_a_table_are_answered(staff: Person) -> None:
    """Seen failing on SQLite with `?pk__in=` and a number beyond 64 bits, which Django allows on every list."""
    faults = []
    for model, keeper in admin.site._registry.items():
        about = model._meta
        home = reverse(f"admin:{about.app_label}_{about.model_name}_changelist")
        known = [each for each in keeper.list_filter if isinstance(each, str)]
        fields = [*known[:1], "pk"]
        asked = [*NAMES, *(f"{field}{lookup}" for field in fields for lookup in LOOKUPS)]
        sent = some([(field, odd) for field in asked for odd in FEW], 6, turn=len(home))
        faults += [_ask(staff, f"{home}?{urlencode([each])}") for each in sent]

    assert [fault for fault in faults if fault] == []


@ROOT
def test_odd_ids_are_answered(staff: Person) -> None:
    faults = []
    for table in _tables():
        home = reverse(f"admin:{table}_changelist")
        for odd in ("\0", *FEW):
            for page in ("change", "delete", "history"):
                address = f"{home}{quote(odd, safe='')}/{page}/"
                faults += [_ask(staff, address), _ask(staff, address, {"reason": "x", "form_ref": "a" * 32})]

    assert [fault for fault in faults if fault] == []


@ALL
def test_odd_forms_are_answered(staff: Person, ana: Person) -> None:
    """Seen failing on SQLite with such a number among the people of a scope."""
    group = Group.objects.get_or_create(name="Other")[0]
    faults = []
    lists = [str(n) for n in range(60)]
    for n, odd in enumerate(_odd(staff)):
        for table in some(list(_tables()), 9, turn=n):
            home = reverse(f"admin:{table}_changelist")
            bulk = {"action": odd, "_selected_action": [odd, *lists], "index": odd, "select_across": odd}
            faults += [_ask(staff, home, bulk), _ask(staff, home, bulk | {"action": "renew_key", "confirmed": "yes"})]
            names = [field.name for field in next(m for m in admin.site._registry if _label(m) == table)._meta.fields]
            add = dict.fromkeys([*names, "reason", "form_ref", "seen", "confirmed", "people"], odd)
            faults.append(_ask(staff, f"{home}add/", add))
        many = {"action": "unlock", "people": [odd, *lists], "all": "", "q": odd, "group": odd}
        faults.append(_ask(staff, reverse("admin:support-many"), many))
        faults.append(_ask(staff, reverse("admin:support-many"), many | {"all": "on", "action": odd}))
        wide = dict.fromkeys(("name", "joining", "leaving", "rights", "reason", "form_ref", "seen"), odd)
        faults.append(_ask(staff, reverse("admin:auth_group_change", args=[group.pk]), wide))
        action = dict.fromkeys(
            ("reason", "ticket", "seen", "life", "length", "starts_at", "days", "ref", "seconds"), odd
        )
        for name in ("issue_pass", "block", "bypass_once", "reset_device", "give_roles", "set_state"):
            faults.append(_ask(staff, reverse("admin:support-action", args=[ana.user.pk, name]), action))

    assert [fault for fault in faults if fault] == []


def _label(model: type) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"  # type: ignore[attr-defined]  # a model's
