"""Tests that other packages import only what a package exports in `__all__`, which may name whole modules.

And no test module imports another, and programs that tests keep in strings import only what exists.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.infrastructure import syntax_trees

pytestmark = pytest.mark.xdist_group("syntax_trees")

APPS = ("verification", "accounts", "helpcenter", "mfasite")
# Inner modules that others import, because the package must not load them.
LOADED_LATER = {
    "accounts.applications.logos": "loads a parser of XML",
    "accounts.breached_passwords.hash_file": "only a command and a check read the file's header",
    "accounts.breached_passwords.range_files": "only a command reads these files",
}
# Tables are imported from `models` or from the module of their subject. The demo writes rows as the engine does.
_FREE = ("mfasite.demo.history",)


def exported(package: str) -> set[str] | None:
    """Return what a package exports, or nothing if it is only a folder of modules."""
    path = Path(*package.split("."), "__init__.py")
    if package.endswith(".models") or not path.exists():
        return None
    return _all(syntax_trees.tree(path))


def _all(tree: ast.Module) -> set[str] | None:
    for each in tree.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "__all__":
            return set(ast.literal_eval(each.value))
    return None


@cache
def _is_module(name: str) -> bool:
    path = Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def imported(tree: ast.AST) -> Iterator[str]:
    """Find the modules that a module imports."""
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            yield from (name.name for name in each.names)
        if isinstance(each, ast.ImportFrom) and each.module:
            names = {f"{each.module}.{name.name}" for name in each.names}
            yield from (name if _is_module(name) else each.module for name in names)


def past_the_exports(importer: str, module: str) -> bool:
    """Return whether `importer` imports a module that a package it is not part of keeps to itself."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        package = ".".join(parts[:depth])
        names = exported(package)
        if names is not None and not f"{importer}.".startswith(f"{package}.") and parts[depth] not in names:
            return True
    return False


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in Path(app).rglob("*.py"):
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            if "migrations" not in path.parts and not name.startswith(_FREE):
                yield name, syntax_trees.tree(path)


def test_inner_modules_are_imported_by_their_package_alone() -> None:
    """Seen failing for the declarations of audit events."""
    found = {each for name, tree in _modules() for each in imported(tree) if past_the_exports(name, each)}

    assert found == set(LOADED_LATER)


@pytest.mark.parametrize("module", ["verification.audit.recording", "verification.limits.message_limits"])
def test_finds_an_inner_module(module: str) -> None:
    assert past_the_exports("accounts.activity_lines_from_audit_events", module)


@pytest.mark.parametrize(
    ("importer", "module"),
    [
        ("accounts.activity_lines_from_audit_events", "verification.audit.verification_audit_events"),
        ("verification.audit.sealing", "verification.audit.recording"),
    ],
)
def test_accepts_exported_names_and_own_modules(importer: str, module: str) -> None:
    assert not past_the_exports(importer, module)


def test_no_test_module_imports_another() -> None:
    """Code that two test modules need is in a conftest or a module of its own."""
    imports = re.compile(r"^\s*(?:from|import) +tests[\w.]*( +import .*)?\b\.?test_", re.MULTILINE)

    found = [str(path) for path in sorted(Path("tests").rglob("*.py")) if imports.search(path.read_text())]

    assert found == []


IMPORT_IN_STRING = re.compile(rf"^from ((?:{'|'.join(APPS)})[\w.]*) import ([\w, ]+)$", re.MULTILINE)


def absent_in(text: str) -> list[str]:
    """Return what a program in a text imports from our packages, but which no module has."""
    return [
        f"{package}.{name}"
        for package, names in IMPORT_IN_STRING.findall(text)
        for name in (each.split(" as ")[0].strip() for each in names.split(","))
        if not _has(Path(*package.split(".")), name)
    ]


def _has(package: Path, name: str) -> bool:
    """Return whether a package or module contains a name."""
    module = package.with_suffix(".py") if package.with_suffix(".py").exists() else package / "__init__.py"
    is_module = (package / name).is_dir() or (package / f"{name}.py").exists()
    return is_module or (module.exists() and name in _bound(module))


def _bound(module: Path) -> set[str]:
    """Return the names that a module defines, assigns or imports."""
    return {
        name
        for node in syntax_trees.nodes(module)
        for name in (
            [each.asname or each.name for each in node.names]
            if isinstance(node, ast.ImportFrom)
            else [node.name]
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
            else [node.id]
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            else []
        )
    }


def test_programs_in_strings_import_what_exists() -> None:
    """Seen failing on a program in the test with JupyterHub, after a module had been renamed."""
    strings = (
        (path, node.value)
        for path in sorted(Path("tests").rglob("*.py"))
        for node in syntax_trees.nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "import" in node.value
    )

    assert [f"{path}: {name}" for path, text in strings for name in absent_in(text)] == []


def test_finds_an_import_of_a_module_that_is_gone() -> None:
    program = "import sys\nfrom accounts.support import "

    assert absent_in(program + "imports, gone") == ["accounts.support.gone"]
