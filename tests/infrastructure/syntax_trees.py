"""The syntax trees of the project's modules. Each is parsed once for all tests that search them."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tree(path: Path | str) -> ast.Module:
    """Return the tree of a module. `path` may be relative to the project."""
    return _tree(ROOT / path)


def nodes(path: Path | str) -> tuple[ast.AST, ...]:
    """Return all nodes of a module: walking a tree takes longer than parsing it."""
    return _nodes(ROOT / path)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_tree(path)))
