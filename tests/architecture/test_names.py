"""Tests of the names in the code: a context is not named after a time."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.running import syntax_trees
from tests.running.databases import APPS, ROOT
from verification.context import Context

OF_A_CONTEXT = {field.name for field in fields(Context)}


def _modules() -> list[Path]:
    paths = [path.relative_to(ROOT) for folder in (*APPS, "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if not {"migrations", "node_modules"} & set(path.parts)]


# A context is `context`, because `now` is a time ------------------------------------------------------------------


def _bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Pair each name of an assignment with its value: `a, b = 1, 2` has two."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for name, one in zip(target.elts, value.elts, strict=True):
            yield from _bound(name, one)
    else:
        yield target, value


def _is_now(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "now"


def _is_context(value: ast.expr) -> bool:
    made = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return made.split(".")[-1] == "Context" or made == "request_context.read"


def contexts_named_now(nodes: tuple[ast.AST, ...]) -> list[int]:
    """Find the lines where a context is named `now`: bound to it, annotated, or asked for one of its fields."""
    found = []
    for node in nodes:
        match node:
            case ast.Assign():
                pairs = [pair for target in node.targets for pair in _bound(target, node.value)]
                is_wrong = any(_is_now(name) and _is_context(value) for name, value in pairs)
            case ast.AnnAssign() | ast.NamedExpr():
                is_wrong = _is_now(node.target) and node.value is not None and _is_context(node.value)
            case ast.arg():
                is_wrong = node.arg == "now" and ast.unparse(node.annotation or node).split(".")[-1] == "Context"
            case ast.Attribute():
                is_wrong = _is_now(node.value) and node.attr in OF_A_CONTEXT
            case _:
                continue
        found += [node.lineno] * is_wrong
    return found


@pytest.mark.parametrize(
    "code",
    [
        "f(now.now)",
        "f(now.network)",
        "now = Context(now=at)",
        "now = request_context.read(request)",
        "user, now = person(), context.Context(now=at)",
        "if (now := request_context.read(request)): pass",
        "now: Context = request_context.read(request)",
        "def f(now: Context): pass",
    ],
)
def test_finds_a_context_that_is_named_now(code: str) -> None:
    assert contexts_named_now(tuple(ast.walk(ast.parse(code)))) == [1]


@pytest.mark.parametrize(
    "code", ["f(context.now, now.timestamp())", "now = request_context.read(request).now", "def f(now: datetime): pass"]
)
def test_a_time_may_be_named_now(code: str) -> None:
    assert contexts_named_now(tuple(ast.walk(ast.parse(code)))) == []


def test_no_context_is_named_now() -> None:
    """Seen failing on 23 functions."""
    found = {str(path): contexts_named_now(syntax_trees.nodes(path)) for path in _modules()}

    assert {path: lines for path, lines in found.items() if lines} == {}
