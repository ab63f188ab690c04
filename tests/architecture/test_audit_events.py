"""Tests that every audit event is declared once and recorded somewhere, and only its declaration writes its string."""

import ast
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import RequestFactory

from accounts.admin_changes import ChangesAdmin
from accounts.admin_site import urls
from accounts.models import User
from tests.infrastructure import syntax_trees
from verification import audit

pytestmark = pytest.mark.xdist_group("syntax_trees")

Nodes = Sequence[ast.AST]

APPS = ("accounts", "helpcenter", "mfasite", "verification")
HOMES = (
    "verification.audit.verification_audit_events",
    "accounts.sign_in_and_password_audit_events",
    "accounts.app_passwords.audit_events",
    "accounts.applications.audit_events",
    "accounts.ldap_directories.audit_events",
    "accounts.ldap_sync.audit_events",
    "accounts.integrations.oidc.audit_events",
    "accounts.invitations.audit_events",
    "accounts.portal.this_wasnt_me_audit_events",
    "accounts.provisioning.audit_events",
    "accounts.support.support_action_audit_events",
    "accounts.support.approval_audit_events",
    "accounts.support.caller_verification_audit_events",
    "accounts.support.administration_audit_events",
    "helpcenter.audit_events",
)
ACTS_ALONE = {"directory", "number", "range", "sealed_value", "spend"}  # subjects of events that nobody causes
IN_A_TABLE = {"added", "changed", "deleted"}  # how a table of the admin names the events of its changes


def _declarations() -> dict[tuple[str, str], audit.Event]:
    modules = {home: importlib.import_module(home) for home in HOMES}
    return {
        (home, name): value
        for home, module in modules.items()
        for name, value in vars(module).items()
        if isinstance(value, audit.Event)
    }


DECLARED = _declarations()


def _sources() -> Iterator[tuple[Path, Nodes]]:
    """Return the modules that record events, and the nodes of each."""
    homes = {f"{home.replace('.', '/')}.py" for home in HOMES}
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            name = path.relative_to(settings.BASE_DIR)
            if str(name) not in homes and "migrations" not in name.parts:
                yield path, syntax_trees.nodes(path)


def _homes_in(nodes: Nodes) -> dict[str, str]:
    """Return the declarations module that each name in a module refers to."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}" in HOMES
    }


def _named(node: ast.AST, homes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Return the declarations that an expression names."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in homes:
            yield homes[part.value.id], part.attr


def _targets(node: ast.Assign) -> set[str]:
    return {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}


def recorded(nodes: Nodes) -> Iterator[tuple[str, str]]:
    """Return the declarations that a module records: in a call, through a name passed to a call, or for a table."""
    homes, given = _homes_in(nodes), set[str]()
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in {"record", "_record", "EventToRecord"}:  # entries are for `record_many`
            for argument in call.args[:2]:  # of a table in the admin, it is the second after the request
                yield from _named(argument, homes)
                given |= {part.id for part in ast.walk(argument) if isinstance(part, ast.Name)}
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    for node in assigned:  # such as `event = _EVENTS[verdict]`
        if _targets(node) & given:
            given |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    for node in assigned:
        if _targets(node) & (given | IN_A_TABLE):
            yield from _named(node.value, homes)


def _makes(nodes: Nodes) -> Iterator[int]:
    """Return the lines that create an event."""
    names = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("verification.audit")
        for alias in node.names
    }
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            made = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if made in {"Event", "UserEvent"} and (made in names or _home(node.func) in {"audit", "declaring_events"}):
                yield node.lineno


def _home(made: ast.Name | ast.Attribute) -> str:
    return ast.unparse(made).rpartition(".")[0]


def test_every_declaration_is_registered() -> None:
    ours = {event.kind for event in DECLARED.values()}

    assert ours == {event.kind for event in audit.declared()}
    assert len(ours) == len(DECLARED)


@pytest.mark.parametrize("event", DECLARED.values(), ids=lambda event: event.kind)
def test_every_event_has_a_sentence_for_the_audit_log(event: audit.Event) -> None:
    log = str(event.log)

    assert event.title_for(is_own=False)
    assert log.endswith((".", "%(how)s"))
    assert "%(actor)s" in log or "%(person)s" in log or event.subject in ACTS_ALONE


def test_every_event_is_recorded_somewhere() -> None:
    found = {name for _, nodes in _sources() for name in recorded(nodes)}

    assert set(DECLARED) - found == set()


def test_nothing_else_writes_the_string_of_an_event() -> None:
    """Only the condition of an index does: models can't import what declares events."""
    kinds = {event.kind for event in DECLARED.values()}
    bare = [
        f"{path}:{node.lineno} {node.value}"
        for path, nodes in _sources()
        if not path.match("verification/models/audit.py")
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in kinds
    ]

    assert bare == []


def test_nothing_is_recorded_that_is_made_on_the_spot() -> None:
    """`audit.record(Event("..."))` would pass the types, and nobody would have declared it."""
    made = [f"{path}:{line}" for path, nodes in _sources() if path.name != "audit.py" for line in _makes(nodes)]

    assert made == []


def _tables() -> list[ChangesAdmin]:
    assert urls.urlpatterns  # imported because it fills the registry
    return [each for each in admin.site._registry.values() if isinstance(each, ChangesAdmin)]


@pytest.mark.parametrize("table", _tables(), ids=lambda table: type(table).__name__)
def test_table_names_an_event_for_each_change_that_it_allows(table: ChangesAdmin, rf: RequestFactory) -> None:
    """Versions could not be deleted (seen): nothing said what to write down, which shows only when somebody does it."""
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    allowed = {
        "added": table.has_add_permission(request),
        "changed": table.has_change_permission(request),
        "deleted": table.has_delete_permission(request),
    }

    assert [name for name, is_allowed in allowed.items() if is_allowed and getattr(table, name) is None] == []


def test_finds_an_event_that_is_made_on_the_spot() -> None:
    made = ast.parse("from verification.audit import Event\naudit.Event('a.b')\nEvent('a.b')\nthreading.Timer()")

    assert list(_makes(list(ast.walk(made)))) == [2, 3]


def test_finds_each_way_of_recording() -> None:
    tree = ast.parse(
        """
from verification.audit import verification_audit_events
table = {True: verification_audit_events.CHALLENGE_USED}
audit.record(table[is_used], user_id=1)
event = verification_audit_events.CHALLENGE_PROVEN if yes else verification_audit_events.CHALLENGE_APPROVED
audit.record(event, user_id=1)
self.record(request, verification_audit_events.TOKEN_RETIRED)
class Admin:
    added = changed = verification_audit_events.RANGE_PAUSED
shown = verification_audit_events.RANGE_WARNED
"""
    )

    assert {name for _, name in recorded(list(ast.walk(tree)))} == {
        "CHALLENGE_USED",
        "CHALLENGE_PROVEN",
        "CHALLENGE_APPROVED",
        "TOKEN_RETIRED",
        "RANGE_PAUSED",
    }


def test_event_is_declared_once() -> None:
    with pytest.raises(audit.EventDeclaredTwice):
        audit.declare(audit.Event("sign_in.completed"))
