"""Tests that the service imports only what `requirements.lock` installs, and no package that only tests have."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

from tests.infrastructure import syntax_trees

ROOT = Path(settings.BASE_DIR)
OPTIONAL = {"ldap": "python-ldap"}  # may not be installed here; requirements-ldap.lock has it
OURS = ("accounts", "helpcenter", "mfasite", "verification")


def imported(tree: ast.Module) -> set[str]:
    """Return the top-level packages that a module imports when it runs, whatever only a type checker imports."""
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_service_imports_what_it_installs() -> None:
    """Seen failing: a module imported django_stubs_ext, and the demo did not start."""
    installed = {
        canonical(name)
        for file in ("requirements.lock", "requirements-ldap.lock")
        for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text(), re.MULTILINE)
    }
    known = {*sys.stdlib_module_names, *OURS}
    providers = packages_distributions()

    strangers = {
        f"{path.relative_to(ROOT)}: {package}"
        for app in OURS
        for path in (ROOT / app).rglob("*.py")
        for package in imported(syntax_trees.tree(path)) - known
        if not installed & {canonical(name) for name in (*providers.get(package, ()), OPTIONAL.get(package, ""))}
    }

    assert strangers == set()


FOUND = (*ROOT.glob("requirements*.txt"), *(ROOT / "tests").rglob("requirements*.txt"))
LISTS = [path for path in FOUND if "node_modules" not in path.parts]
TELLING = ("*.md", ".ci/*", "deploy/**/*", *(f"{app}/**/*.{kind}" for app in OURS for kind in ("md", "py")))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_list_has_a_lock_with_a_hash_of_each_file(path: Path) -> None:
    """Seen failing: python-ldap was installed without a hash."""
    wanted = re.findall(r"^([\w.-]+)(?:\[.*\])?==", path.read_text(), re.MULTILINE)
    lock = path.with_suffix(".lock").read_text()

    locked = re.findall(r"^([\w.-]+)(?:\[.*\])?==\S+(?: ; .+)? \\\n +--hash=sha256:", lock, re.MULTILINE)

    assert wanted
    assert {canonical(name) for name in wanted} <= {canonical(name) for name in locked}
    assert len(locked) == len(re.findall("^[^ #\\n]", lock, re.MULTILINE))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_is_told_to_install_a_list_without_hashes(path: Path) -> None:
    told = re.compile(rf"-r (?:\S+/)?{re.escape(path.name)}\b")
    files = [file for pattern in TELLING for file in ROOT.glob(pattern) if file.is_file()]

    assert files
    assert [str(file.relative_to(ROOT)) for file in files if told.search(file.read_text(errors="ignore"))] == []
