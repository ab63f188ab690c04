"""Tests that model instances hold only their fields: anything read or counted with a row travels separately.

mypy refuses an attribute that a model does not declare. These tests find the ways around it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure import syntax_trees

pytestmark = pytest.mark.xdist_group("syntax_trees")

APPS = ("verification", "accounts", "helpcenter", "mfasite")
IGNORED = re.compile(r"type: ignore\[[^]]*\battr-defined\b[^]]*\]")

# Questions whether something has an attribute, none of them asked of a row.
ASKED = {
    "getattr(settings, 'VERIFICATION_METHODS', ())": "a setting",
    "hasattr(settings, 'CELERY_BROKER_USE_SSL')": "a setting",
    "getattr(error, 'smtp_code', 0)": "an error of the mail library: some of its classes have it",
    "getattr(error, 'smtp_error', b'')": "the same",
    "getattr(error.__cause__, 'sqlstate', '')": "an error of the database's driver: PostgreSQL's have it",
    "getattr(providers().get(provider), 'codes', {})": "a provider's module: it may declare codes",
    "getattr(found, 'ipv4_mapped', None)": "an address: IPv6 alone has it",
    "getattr(view, 'csrf_exempt', False)": "a view: Django's decorator sets it",
    "getattr(record, 'status_code', _SERVER_ERROR)": "a record of the log: Django sets it for a response",
    "getattr(row, 'ref', '')": "a field that some models declare",
    "getattr(row, 'handle', '')": "a field that some models declare",
}
# Attributes that the checker does not know, none of them a model's.
UNKNOWN = {
    "self._get_session()": "Django's session store: not in the stubs",
    "return self.serializer().dumps(self._get_session())": "the same",
    "row = self.create_model_instance(self._get_session())": "the same",
    "row = self.create_model_instance(self._get_session(no_load=must_create))": "the same",
    'page.rule = "acts"': "a view, for the test that walks the admin",
}


def _modules() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in sorted(Path(app).rglob("*.py")) if "migrations" not in path.parts)


def _trees() -> Iterator[ast.Module]:
    return map(syntax_trees.tree, _modules())


def asked(tree: ast.AST) -> set[str]:
    """Find the questions for a named attribute that may be missing, and attributes that are set by a fixed name."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    by_name = [n for n in calls if len(n.args) > 1 and isinstance(n.args[1], ast.Constant)]
    found = {"hasattr": 2, "getattr": 3, "setattr": 3}
    return {ast.unparse(n) for n in by_name if found.get(getattr(n.func, "id", "")) == len(n.args)}


def annotated(tree: ast.AST) -> set[str]:
    """Find the names that `annotate` gives to what a statement computes."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return {k.arg for n in calls if getattr(n.func, "attr", "") == "annotate" for k in n.keywords if k.arg}


def declared(tree: ast.AST) -> set[str]:
    """Find the names of functions, and those that a class body or a method's `self` gives to its instances."""
    functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    targets: list[ast.expr] = [n.target for n in ast.walk(tree) if isinstance(n, ast.AnnAssign)]
    targets += [target for n in ast.walk(tree) if isinstance(n, ast.Assign) for target in n.targets]
    names = {t.id if isinstance(t, ast.Name) else t.attr for t in targets if isinstance(t, ast.Name | ast.Attribute)}
    return functions | names


def _read_in_code(tree: ast.AST) -> set[str]:
    return {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}


def test_no_row_is_asked_for_what_it_may_not_hold() -> None:
    found = set().union(*(asked(tree) for tree in _trees()))

    assert found == set(ASKED)


def test_no_row_is_given_what_the_checker_does_not_know() -> None:
    lines = [line for path in _modules() for line in path.read_text().splitlines() if IGNORED.search(line)]

    assert {line.split("  # type: ignore")[0].strip() for line in lines} == set(UNKNOWN)


def test_no_annotation_is_read_from_a_row() -> None:
    trees = list(_trees())
    templates = [path.read_text() for app in APPS for path in Path(app).rglob("*.html")]
    computed = set().union(*map(annotated, trees)) - set().union(*map(declared, trees))

    read = set().union(*map(_read_in_code, trees)) | {
        name for text in templates for name in re.findall(r"\.(\w+)", text)
    }

    assert computed & read == set()


@pytest.mark.parametrize(
    "call", ["hasattr(row, 'locked_at')", "getattr(row, 'locked_at', None)", "setattr(row, 'gate', gate)"]
)
def test_finds_state_on_a_row(call: str) -> None:
    assert asked(ast.parse(f"x = {call}")) == {call}


def test_finds_an_annotation() -> None:
    tree = ast.parse("rows = Group.objects.annotate(n_members=Count('user'))\nprint(rows[0].n_members)")

    assert annotated(tree) & _read_in_code(tree) - declared(tree) == {"n_members"}
