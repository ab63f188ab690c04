"""Tests that the public fields, constants and signatures of modules have types: `Any` needs a reason.

ruff refuses an argument or a return value that is `Any` as a whole (ANN401). This finds the rest. Fields with
translated text are `LazyText`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure import syntax_trees

pytestmark = pytest.mark.xdist_group("syntax_trees")

APPS = ("verification", "accounts", "helpcenter", "mfasite")
_JSON = {"Mapping[str, Any]", "dict[str, Any]"}  # from outside or a row, or named values that are passed on
_OF_ANY_MODEL = {"QuerySet", "Resource", "SearchRequest", "ResponseParameters", "ScimFilter", "Setting"}
REASONS = {
    "HardwareToken.objects": "Django makes the manager's class from the queryset's",
    "ResourceListing.load": "scim2-models makes its classes at run time",
    "ResourceListing.render": "the same",
    "PolicyRule.read": "each rule has a value of its own type",
    "PolicyRule.summary": "the same",
    "PolicyRule.words": "the same",
    "SealedColumn.bound": "a row of any model",
    "Write.values": "what the database's driver takes",
    "ldap": "python-ldap has no types",
}
REASONS_OF_FUNCTIONS = {
    "Area.reverse_dict": "as Django has it",
    "ArticleAdmin.get_list_display": "the same",
    "Populator.populate": "the same",
    "SignInMiddleware.handle_no_permission": "the same",
    "Beside.run": "what the database's driver takes",
    "WindowCount.run_after": "the same",
    "Select.first_with": "the same",
    "Values.all": "what the database's driver returns",
    "bind_each": "what the database's driver takes",
    "fill_each": "the same",
    "run": "the same",
    "InheritableChoiceField.__init__": "each rule has a value of its own type",
    "one_of": "the same",
    "ask": "JSON for Vonage, and what Redis answers",
}


def is_vague(annotation: ast.expr) -> bool:
    """Return whether an annotation contains `Any`, other than as the values of JSON or as any model."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return is_vague(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.Name):
        return annotation.id == "Any"
    if isinstance(annotation, ast.Subscript) and (
        ast.unparse(annotation) in _JSON or ast.unparse(annotation.value) in _OF_ANY_MODEL
    ):
        return False
    return any(is_vague(each) for each in ast.iter_child_nodes(annotation) if isinstance(each, ast.expr))


def fields(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.expr]]:
    """Find the public fields of public classes, and the public constants, with their types."""
    for each in body:
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
            yield from fields(each.body, f"{each.name}.")
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.target.id[0] != "_":
            yield f"{owner}{each.target.id}", each.annotation


def signatures(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.expr]]:
    """Find what public functions take by name and return, where it is not `Any` as a whole."""
    for each in body:
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
            yield from signatures(each.body, f"{each.name}.")
        if isinstance(each, ast.FunctionDef) and (each.name[0] != "_" or each.name == "__init__"):
            arguments = (*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs)
            types = [*(one.annotation for one in arguments), each.returns]
            yield from ((f"{owner}{each.name}", one) for one in types if one and ast.unparse(one) != "Any")


def _bodies() -> Iterator[list[ast.stmt]]:
    for app in APPS:
        yield from (syntax_trees.tree(path).body for path in Path(app).rglob("*.py") if "migrations" not in path.parts)


def test_fields_and_constants_have_types() -> None:
    """Seen failing for the labels of methods."""
    vague = {name for body in _bodies() for name, kind in fields(body) if is_vague(kind)}

    assert vague == set(REASONS)


def test_signatures_have_types() -> None:
    assert {name for body in _bodies() for name, kind in signatures(body) if is_vague(kind)} == set(
        REASONS_OF_FUNCTIONS
    )


@pytest.mark.parametrize("kind", ["Any", "tuple[Any, ...]", "Callable[[Any], str]", "'Any | None'", "ClassVar[Any]"])
def test_finds_a_vague_type(kind: str) -> None:
    assert is_vague(ast.parse(kind, mode="eval").body)


@pytest.mark.parametrize("kind", ["LazyText", "Mapping[str, Any]", "QuerySet[Any] | None", "dict[str, dict[str, Any]]"])
def test_accepts_a_type(kind: str) -> None:
    assert not is_vague(ast.parse(kind, mode="eval").body)
