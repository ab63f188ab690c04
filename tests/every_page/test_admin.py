"""Tests that admin pages only read, or need a permission, recent verification and a reason, are audited and act once.

The registry and the URL table of the admin are walked, so a page that is added later is held to it as well.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, path, reverse

from accounts.admin_changes import ChangesAdmin, ReadOnlyAdmin
from accounts.admin_changes.forms_with_reason import changed_meanwhile
from accounts.admin_site import Ruled, VerifiedSite, urls
from accounts.models import Scope, Service, User
from helpcenter.models import Article, Contact, Feedback, Miss
from tests.every_page.admin_pages import at, form_of
from tests.every_page.admin_rows import SAMPLES, group
from tests.simulated.http_browser import A_REASON, Page
from tests.simulated.people import Clock, Person, hire
from verification.models import AuditEvent, BlockedRange, Country, OptOut, Outage, Policy, Route, SpendingLimit

# Django's own pages outside the tables. They are read-only, or redirect to a page of ours.
SITE = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
}

STANDARD = {"changelist", "add", "history", "delete", "change", ""}

assert urls.urlpatterns  # imported because it fills the registry

CHANGED = [model for model, each in admin.site._registry.items() if isinstance(each, ChangesAdmin)]


def _label(model: type[Model]) -> str:
    return model._meta.label


def each_table(models: list[type[Model]] = CHANGED) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", models, indirect=True, ids=_label)


def state(row: Model) -> list[Any]:
    """Return everything that a page of this table can change, and the number of log entries."""
    return [list(type(row).objects.order_by("pk").values()), AuditEvent.objects.count(), LogEntry.objects.count()]  # type: ignore[attr-defined]  # each has one


def pages(table: Any = None, prefix: str = "") -> Iterator[URLPattern]:
    for entry in table or admin.site.urls[0]:
        if isinstance(entry, URLResolver):
            yield from pages(entry.url_patterns)
        else:
            yield entry


# The registry and the table of addresses ----------------------------------------------------------------------------


def bare_tables() -> list[type[Model]]:
    """Return the tables with pages that break the rule."""
    return [model for model, each in admin.site._registry.items() if not isinstance(each, ChangesAdmin | ReadOnlyAdmin)]


def unknown_pages(table: Any = None) -> list[URLPattern]:
    """Return the URLs that belong to no table under the rule, are not marked, and are not Django's own pages."""
    found = []
    for page in pages(table):
        owner = getattr(page.callback, "model_admin", None)
        if owner is not None:
            standard = {f"{owner.opts.app_label}_{owner.opts.model_name}_{verb}" for verb in STANDARD} | {None}
            is_known = isinstance(owner, Ruled) and page.name in standard
        else:
            is_known = (
                getattr(page.callback, "rule", "") in {"reads", "acts"}
                or page.name in SITE
                or getattr(page.callback, "__name__", "") == "catch_all_view"
            )
        found += [] if is_known else [page]
    return found


def test_each_table_keeps_the_rule() -> None:
    assert CHANGED
    assert bare_tables() == []


def test_table_that_does_not_keep_the_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk itself: a table that came in by another way than `VerifiedSite.register` would be named."""
    registry: dict[Any, Any] = admin.site._registry
    monkeypatch.setitem(registry, User, ModelAdmin(User, admin.site))

    assert bare_tables() == [User]


def test_each_address_is_of_a_kind_that_is_known() -> None:
    assert unknown_pages() == []


@pytest.mark.parametrize("name", ["a-new-page", "accounts_user_change", "", None])
def test_address_that_is_not_marked_is_found(name: str | None) -> None:
    """The walk itself: with a name or without, an address that neither shows nor does is named."""
    page = path("new/", lambda request: HttpResponse(), name=name)

    assert unknown_pages([page]) == [page]


def test_address_of_a_table_without_the_rule_is_found() -> None:
    assert unknown_pages(ModelAdmin(User, admin.site).urls)


def test_page_that_a_package_brings_is_not_shown() -> None:
    site = VerifiedSite()

    site.register(User, ModelAdmin)
    site.register(Group)

    assert site._registry == {}


def test_no_table_has_a_way_round() -> None:
    """Neither Django's deletion of many at once, nor fields that are changed on the list."""
    for each in admin.site._registry.values():
        assert not each.list_editable
        assert not each.actions


# What only shows ----------------------------------------------------------------------------------------------------


def _of_rule(rule: str) -> list[URLPattern]:
    return [page for page in pages() if getattr(page.callback, "rule", "") == rule]


def _path(page: URLPattern, person: Person) -> str:
    values = {
        "pk": person.user.pk,
        "slug": "x",
        "ref": "x",
        "handle": "x",
        "key": "methods",
        "name": "unlock",
        "kind": "oidc",
    }
    taken = {name: values[name] for name in page.pattern.converters}
    return reverse(f"admin:{page.name}", kwargs=taken)


@pytest.mark.parametrize("page", _of_rule("reads"), ids=lambda page: page.name)
def test_page_that_shows_takes_no_post(page: URLPattern, root: Person) -> None:
    assert root.browser.send(_path(page, root), reason="x", confirmed="yes").status == 405


# What does something ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", _of_rule("acts"), ids=lambda page: page.name)
def test_action_wants_a_fresh_proof(page: URLPattern, root: Person, clock: Clock) -> None:
    clock.forward(minutes=11)

    for send in (root.browser.go, root.browser.send):
        assert send(_path(page, root)).path == "/sign-in/again/"


@pytest.mark.parametrize("page", _of_rule("acts"), ids=lambda page: page.name)
def test_action_does_nothing_without_a_reason(page: URLPattern, root: Person, ana: Person) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = root.browser.send(_path(page, ana), confirmed="yes", people=str(ana.user.pk), action="unlock")

    written = [q["sql"] for q in captured if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert answer.status < 500
    assert [sql for sql in written if "accounts_session" not in sql] == []


@each_table()
def test_change_wants_a_fresh_proof(row: Model, root: Person, clock: Clock) -> None:
    before = state(row)
    clock.forward(minutes=11)

    for verb in ("add", "change", "delete"):
        assert root.browser.go(at(row, verb)).path == "/sign-in/again/"
        assert root.browser.send(at(row, verb), post="yes", reason="x").path == "/sign-in/again/"
    assert state(row)[0] == before[0]


def tries(row: Model) -> list[tuple[str, dict[str, str]]]:
    """Return what can be done with a table: the page, and the values for its form."""
    sample, keeper = SAMPLES[type(row)], admin.site._registry[type(row)]
    table = {"add": sample.add(), "change": sample.change(), "delete": {"post": "yes"}}
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    may = {
        "add": keeper.has_add_permission(request),
        "change": keeper.has_change_permission(request, row),
        "delete": keeper.has_delete_permission(request, row),
    }
    found = [(verb, fields) for verb, fields in table.items() if may[verb]]
    assert found, f"nothing is tried with {type(row)}"
    return found


@each_table()
def test_nothing_is_changed_without_a_reason(row: Model, root: Person) -> None:
    before = state(row)

    for verb, fields in tries(row):
        root.browser.save(at(row, verb), **fields | {"reason": ""})
        root.browser.send(at(row, verb), **fields)
    root.browser.send(at(row, "changelist"), action="delete_selected", _selected_action=str(row.pk), post="yes")

    assert state(row) == before


@each_table()
def test_change_is_recorded_with_its_reason_and_counts_once(row: Model, root: Person) -> None:
    """Sent again as it was, it changes and records nothing. Seen failing without the forms' names in `spend`."""
    for verb, fields in tries(row):
        kept = form_of(root, at(row, verb), **fields)

        root.browser.send(at(row, verb), **kept)

        event = AuditEvent.objects.latest("id")
        assert event.actor_id == root.user.pk
        assert event.detail["reason"] == kept["reason"], (verb, root.page)
        if verb != "delete" and type(row) is not BlockedRange:
            assert event.detail["changes"], verb
        after = state(row)
        root.browser.send(at(row, verb), **kept)
        assert state(row) == after, verb


# What is done to rows that are chosen on a list ---------------------------------------------------------------------


ROW_ACTIONS = [(model, name) for model in CHANGED for name in admin.site._registry[model].row_actions]  # type: ignore[attr-defined]  # of ChangesAdmin

each_row_action = pytest.mark.parametrize(
    ("row", "action"), ROW_ACTIONS, indirect=["row"], ids=[f"{_label(model)}-{name}" for model, name in ROW_ACTIONS]
)


def do(person: Person, row: Model, action: str, **fields: str) -> Page:
    return person.browser.send(at(row, "changelist"), action=action, _selected_action=str(row.pk), **fields)


@each_row_action
def test_row_action_wants_a_fresh_proof(row: Model, action: str, root: Person, clock: Clock) -> None:
    """Seen failing without the check of recent verification in `changes._run`."""
    sent = {"reason": "x", "form_ref": "a" * 32, "confirmed": "yes"}
    before = state(row)
    clock.forward(minutes=11)

    for fields in ({}, sent):
        assert do(root, row, action, **fields).path == "/sign-in/again/"
    assert state(row) == before


@each_row_action
def test_row_action_is_recorded_with_its_reason_and_counts_once(row: Model, action: str, root: Person) -> None:
    """Seen failing without `spend` in `changes._run`."""
    before = state(row)
    asked = next(form for form in do(root, row, action).forms if "form_ref" in form.fields).fields
    root.browser.send(at(row, "changelist"), **asked | {"reason": ""})
    assert state(row) == before

    root.browser.send(at(row, "changelist"), **asked | {"reason": A_REASON})

    event = AuditEvent.objects.latest("id")
    assert (event.actor_id, event.detail["reason"]) == (root.user.pk, A_REASON)
    after = state(row)
    assert after != before
    root.browser.send(at(row, "changelist"), **asked | {"reason": A_REASON})
    assert state(row) == after


# What somebody else changes before the form is sent.
OTHERWISE: dict[type[Model], dict[str, Any]] = {
    Service: {"slug": "post"},
    Scope: {},
    Policy: {"rank": 6},
    Route: {"sender": "x"},
    Outage: {"words": "x"},
    Country: {"texts": False},
    SpendingLimit: {"stop_at": 11},
    OptOut: {"hint": "+41 YY"},
    Article: {"summary": "x"},
    Feedback: {"text": "x"},
    Miss: {"n_times": 9},
    Contact: {"phone": "9"},
}


@each_table([model for model in CHANGED if OTHERWISE.get(model)])
def test_later_one_of_two_changes_is_told_so(row: Model, root: Person) -> None:
    """Seen failing without the comparison with the row as the page showed it."""
    for verb, fields in tries(row):
        if verb == "add" or type(row) is BlockedRange:
            continue
        rows, theirs = type(row).objects.filter(pk=row.pk), OTHERWISE[type(row)]  # type: ignore[attr-defined]  # each has one
        rows.update(**{name: getattr(row, name) for name in theirs})
        late = form_of(root, at(row, verb), **fields)
        rows.update(**theirs)
        before = state(row)

        page = root.browser.send(at(row, verb), **late)

        assert changed_meanwhile() in page, verb
        assert state(row) == before


def test_nobody_changes_the_scope_of_their_own_desk(root: Person, clock: Clock) -> None:
    """Anyone who could do so would see everybody."""
    fay = hire("fay", "Administrators")
    scope = Scope.objects.create(desk=group("North desk"))
    scope.people.add(group("North"))
    fay.user.groups.add(scope.desk)
    fay.sign_in(to="/admin/")

    assert not _asks(fay.browser.go(at(scope, "change")))
    assert fay.browser.go(at(scope, "delete")).status == 403
    assert _asks(root.browser.go(at(scope, "change")))
    root.user.groups.add(scope.desk)
    assert not _asks(root.browser.go(at(scope, "change"))), "not even somebody without a scope"


def _asks(page: Page) -> bool:
    return any("form_ref" in form.fields for form in page.forms)
