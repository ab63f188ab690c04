"""Tests that what a module declares is loaded, and that somebody names each template. Each was seen failing."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.infrastructure import syntax_trees
from tests.infrastructure.databases import APPS, ROOT
from tests.settings import KEYS

pytestmark = pytest.mark.xdist_group("syntax_trees")

_LOADED = """
import json, sys
import django
django.setup()
{more}
from django.core.checks import registry
known = registry.registry.get_checks(include_deployment_checks=True)
checks = [f"{{each.__module__}}.{{each.__name__}}" for each in known]
print(json.dumps([sorted(sys.modules), checks]))
"""
_PROVIDERS = sorted(path.parent.name for path in (ROOT / "verification/delivery/providers").glob("*/__init__.py"))
_NAMED_BY_STEM = {"notices", "configurations"}
_OVERRIDES = ("admin/", "registration/", "oauth2_provider/")  # templates that Django or a package names


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                yield name, syntax_trees.tree(path)


def _loaded(more: str = "") -> tuple[set[str], set[str]]:
    """Return the modules and system checks of a process that sets Django up, and does something more."""
    environment = {
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "mfasite.settings",
        "DELIVERY_PROVIDERS": ",".join(_PROVIDERS),
    }
    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(more=more)],
        cwd=ROOT,
        env=environment | KEYS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    modules, checks = json.loads(done.stdout.splitlines()[-1])
    return set(modules), set(checks)


@pytest.fixture(scope="module")
def web() -> tuple[set[str], set[str]]:
    """Return what a web process has loaded by its first request to the admin."""
    return _loaded("from django.urls import get_resolver\nget_resolver().reverse_dict\nimport accounts.admin_site.urls")


def calls_while_imported(tree: ast.Module) -> set[str]:
    """Return what a module calls while it is imported, at its top or as the decorator of something there."""
    top = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)]
    decorators = [
        each for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) for each in node.decorator_list
    ]
    nodes = [inner for node in [*top, *decorators] for inner in ast.walk(node)]
    called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    return called | {ast.unparse(node) for node in decorators if not isinstance(node, ast.Call)}


def test_events_actions_and_uses_of_keys_are_declared_where_they_are_read(web: tuple[set[str], set[str]]) -> None:
    declaring = {
        name for name, tree in _sources() if any(c.split(".")[-1] == "declare" for c in calls_while_imported(tree))
    }

    assert len(declaring) > 10
    assert declaring - web[0] == set()


def test_tables_of_the_admin_are_registered(web: tuple[set[str], set[str]]) -> None:
    registering = {name for name, tree in _sources() if "admin.register" in calls_while_imported(tree)}

    assert len(registering) > 5
    assert registering - web[0] == set()


def test_system_checks_run(web: tuple[set[str], set[str]]) -> None:
    written = {
        f"{name}.{node.name}"
        for name, tree in _sources()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for each in node.decorator_list
        if ast.unparse(each).partition("(")[0] in {"register", "checks.register"}
    }

    assert len(written) > 10
    assert written - web[1] == set()


def test_commands_are_found() -> None:
    files = [file for app in APPS for file in (ROOT / app).rglob("management/commands/*.py")]
    names = {file.stem for file in files if not file.stem.startswith("_")}

    assert names - set(get_commands()) == set()


def test_tags_of_templates_are_used() -> None:
    pages = "\n".join(path.read_text() for app in APPS for path in (ROOT / app).rglob("templates/**/*.*"))
    written = {
        (re.findall(r"^register\.\w+\('(\w+)'|name='(\w+)'", ast.unparse(each)) or [(node.name, "")])[0]
        for name, tree in _sources()
        if ".templatetags." in name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for each in node.decorator_list
        if ast.unparse(each).startswith("register.")
    }
    names = {first or second for first, second in written}

    assert len(names) > 5
    assert {name for name in names if not re.search(rf"{{%\s*{name}\b|\|{name}\b", pages)} == set()


def test_each_template_has_somebody_who_names_it() -> None:
    """A notice is named by its event, a configuration by its program."""
    files = [path for app in APPS for path in (ROOT / app).rglob("templates/**/*.*")]
    named = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            named |= set(re.findall(r"[\"']([\w./-]+)[\"']", path.read_text()))
    for path in files:
        named |= set(re.findall(r"[\"']([\w./-]+\.\w+)[\"']", path.read_text()))

    def is_named(path: Path) -> bool:
        whole = str(path).partition("/templates/")[2]
        ends = {whole[match.end() :] for match in re.finditer("/", whole)} | {whole}
        stems = {path.stem} & named if _NAMED_BY_STEM & set(path.parts[-3:-1]) else set()
        return whole.startswith(_OVERRIDES) or bool(stems | ends & named)

    assert files
    assert [str(path.relative_to(ROOT)) for path in files if not is_named(path)] == []


@pytest.mark.parametrize("line", ["A = declare(Event())", "@register(Tags.x)\ndef f(): ...", "events.declare(1)"])
def test_finds_what_is_called_while_a_module_is_imported(line: str) -> None:
    assert {name.split(".")[-1] for name in calls_while_imported(ast.parse(line))} & {"declare", "register"}
