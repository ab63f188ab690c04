"""Tests that migrations import none of our modules, because later versions move and change them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

OURS = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/__init__.py")}
MIGRATIONS = {
    f"{config.label}.{path.stem}": path
    for config in apps.get_app_configs()
    if config.name.partition(".")[0] in OURS
    for path in sorted(Path(config.path, "migrations").glob("[0-9]*.py"))
}


def imported(source: str) -> Iterator[str]:
    """Name every module that a source imports; a relative import is one of ours."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "import_string"}:
            yield "." + ast.unparse(node)


def ours(source: str) -> set[str]:
    return {name for name in imported(source) if name.split(".")[0] in OURS | {""}}


def test_looks_at_every_app_with_tables() -> None:
    assert {name.partition(".")[0] for name in MIGRATIONS} == {"accounts", "helpcenter", "verification", "virtual"}


@pytest.mark.parametrize("path", MIGRATIONS.values(), ids=MIGRATIONS)
def test_migration_imports_nothing_of_ours(path: Path) -> None:
    assert ours(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import accounts.models.people",
        "from verification.audit import triggers",
        "def run(apps, editor):\n    from helpcenter import articles",
        "from . import words",
        "importlib.import_module('verification.audit.triggers')",
    ],
)
def test_import_of_ours_is_found(source: str) -> None:
    assert ours(source)
