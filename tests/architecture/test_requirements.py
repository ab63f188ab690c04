"""Tests that the service imports only what `requirements.lock` installs, and no package that only tests have."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from django.conf import settings

from tests.running import syntax_trees

ROOT = Path(settings.BASE_DIR)
OPTIONAL = {"ldap": "python-ldap"}  # may not be installed here; requirements-ldap.txt has it
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
        for file in ("requirements.lock", "requirements-ldap.txt")
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
