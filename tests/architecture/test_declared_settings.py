"""Tests that every setting is declared once, read from the environment and used, and that nothing else is read."""

import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import global_settings, settings
from django.core.management import call_command

from mfasite import conf as site_conf
from mfasite.environment import declared_settings, variables
from tests.infrastructure import fresh_process, syntax_trees
from verification.declaring_settings import Setting, SettingsSection, formats

pytestmark = pytest.mark.xdist_group("syntax_trees")

HOME = Path(settings.BASE_DIR)
SECTIONS = declared_settings.sections(declared_settings.ours())
SETTINGS = {setting.name: setting for section in SECTIONS for setting in section.settings}
APPS = ("mfasite", "accounts", "verification", "helpcenter")
READER = "mfasite/environment/variables.py"
REQUIRED = {
    "SECRET_KEY": "a-key-of-these-tests",
    "MFA_KEYS": f"k1:{'A' * 43}=",
    "DATABASE_URL": "sqlite:////nowhere/it",
    "PUBLIC_URL": "https://mfa.example.org",
    "DELIVERY_PROVIDERS": ",".join(
        path.parent.name for path in HOME.glob("verification/delivery/providers/*/provider.py")
    ),
}
_SAY_ALL = """
import json
from django.conf import settings
from mfasite.environment import declared_settings
found = (setting for section in declared_settings.sections(declared_settings.ours()) for setting in section.settings)
print(json.dumps({setting.name: repr(setting()) for setting in found}))
"""


def example(setting: Setting[object]) -> str:
    """Return a value, as text, that differs from the default."""
    if setting.format is formats.flag:
        return "0" if setting.default else "1"
    return setting.format.example


@cache
def read_settings(*examples: str) -> dict[str, str]:
    """Start a process with example values for some settings, and return what the code sees of each setting."""
    variables = REQUIRED | {name: example(SETTINGS[name]) for name in examples}
    found: dict[str, str] = json.loads(fresh_process.python(_SAY_ALL, **clean(variables)).stdout)
    return found


def clean(variables: dict[str, str]) -> dict[str, str]:
    """Return the environment of a process that has these settings and no others."""
    return {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mfasite.settings"} | variables


# What a setting is set to decides what the code sees --------------------------------------------------------------

# These change what others start from, so each has a process of its own.
ALONE = ("DEMO", "DELIVERY_PROVIDERS")
# settings.py puts something to these: loopback, the providers' senders, the password.
COMPLETED = ("ALLOWED_HOSTS", "SENDER_NUMBERS", "REDIS_URL")


@pytest.mark.parametrize("name", SETTINGS)
def test_environment_decides(name: str) -> None:
    changed = (
        read_settings(name) if name in ALONE else read_settings(*(other for other in SETTINGS if other not in ALONE))
    )

    assert changed[name] != read_settings()[name]
    assert name in COMPLETED or changed[name] == repr(SETTINGS[name].format.parse(example(SETTINGS[name])))


@pytest.mark.parametrize("name", SETTINGS)
def test_example_and_default_are_values_of_the_format(name: str) -> None:
    setting = SETTINGS[name]

    assert setting.format.parse(example(setting)) != setting.default
    if setting.default not in ("", (), {}):
        assert setting.format.parse(setting.format.write(setting.default)) == setting.default


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.is_secret])
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{example(SETTINGS[name])}\n")

    environment = variables.Environment({f"{name}_FILE": str(tmp_path / "secret")})

    assert environment[SETTINGS[name]] == SETTINGS[name].format.parse(example(SETTINGS[name]))


def test_no_name_is_declared_twice() -> None:
    names = [setting.name for section in SECTIONS for setting in section.settings]

    assert len(names) == len(set(names))


def test_what_looks_secret_is_secret() -> None:
    words = ("PASSWORD", "SECRET", "TOKEN", "_KEY")
    harmless = {"PASSWORD_", "BREACHED_PASSWORDS_", "TOKEN_"}

    looks = {name for name in SETTINGS if any(word in name for word in words)}

    assert {
        name
        for name in looks
        if not SETTINGS[name].is_secret
        and not name.startswith(tuple(harmless))
        and not name.startswith("APP_PASSWORD_")
    } == set()


# Nothing else is read ---------------------------------------------------------------------------------------------


def paths() -> list[str]:
    found = [HOME / "manage.py", *(path for app in APPS for path in (HOME / app).rglob("*.py"))]
    return [str(path.relative_to(HOME)) for path in found if "migrations" not in path.parts]


def assigned_by_settings() -> set[str]:
    nodes = syntax_trees.nodes("mfasite/settings.py")
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def is_environment(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def reads_of_environment(nodes: Sequence[ast.AST]) -> Iterator[int]:
    """Return the lines that use `os.environ`, except to set a value for a library."""
    found = [node for node in nodes if is_environment(node)]
    parents = {child: parent for parent in nodes for child in ast.iter_child_nodes(parent)} if found else {}
    for node in found:
        parent = parents[node]
        is_given = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store)
        is_default = isinstance(parent, ast.Attribute) and parent.attr == "setdefault"
        if not (is_given or is_default):
            yield node.lineno  # type: ignore[attr-defined]  # every expression has one


@pytest.mark.parametrize("path", [path for path in paths() if path != READER])
def test_nothing_but_the_reader_reads_the_environment(path: str) -> None:
    imported = {
        alias.name
        for node in syntax_trees.nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        for alias in node.names
    }

    assert list(reads_of_environment(syntax_trees.nodes(path))) == []
    assert not imported & {"environ", "environb", "getenv"}


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("import os; os.environ['X'] = '1'", False),
        ("import os; os.environ.setdefault('X', '1')", False),
        ("import os; os.environ['X']", True),
        ("import os; os.environ.get('X')", True),
        ("import os; dict(os.environ)", True),
        ("import os; os.getenv('X')", True),
    ],
)
def test_the_guard_tells_reading_from_giving(line: str, reads: bool) -> None:
    assert bool(list(reads_of_environment(list(ast.walk(ast.parse(line)))))) is reads


def test_django_settings_are_read_only_where_they_are_declared() -> None:
    """A name of `settings` is Django's own, or given by settings.py; what is declared is read by its declaration."""
    known = {name for name in dir(global_settings) if name.isupper()} | assigned_by_settings()
    undeclared = {
        f"{path}:{node.lineno} {node.attr}"
        for path in paths()
        for node in syntax_trees.nodes(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings"
        if node.attr.isupper() and node.attr not in known
    }
    by_name = {
        f"{path}:{node.lineno}"
        for path in paths()
        for node in syntax_trees.nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr"
        if isinstance(node.args[0], ast.Name) and node.args[0].id == "settings"
    }

    assert undeclared == set()
    assert {place.partition(":")[0] for place in by_name} <= {
        "verification/declaring_settings/setting_and_section.py",
        "verification/method_registry.py",
    }


def changed_by(path: Path) -> Iterator[str]:
    """Return the names of settings that a test changes, by pytest-django's `settings` or a setattr of Django's."""
    for node in syntax_trees.nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_settings(node.value):
            yield node.attr
        if isinstance(node, ast.Call) and _name(node.func).endswith("setattr"):
            owner, name = [*node.args, None, None][:2]
            if isinstance(name, ast.Constant) and _is_settings(owner):
                yield str(name.value)


def _is_settings(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Name) and node.id == "settings"


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_tests_change_only_settings_that_exist() -> None:
    """Seen failing on `UNANSWERED_BEFORE_DELAY`: no such limit was lifted."""
    known = {name for name in dir(settings) if name.isupper()} | set(SETTINGS)
    paths = sorted((HOME / "tests").rglob("*.py"))

    found = {f"{path.relative_to(HOME)}: {name}" for path in paths for name in changed_by(path) if name not in known}

    assert found == set()


# Everything declared is used --------------------------------------------------------------------------------------


def declared_by(module: ModuleType) -> dict[str, str]:
    return {attribute: thing.name for attribute, thing in vars(module).items() if type(thing) is Setting}


def imported_conf(path: str, nodes: Sequence[ast.AST]) -> dict[str, str]:
    """Map the names under which a module knows a module `conf` to that module's full name."""
    package = ".".join(Path(path).parent.parts)
    return {
        alias.asname or alias.name: f"{package if node.level else node.module}.conf"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "conf"
    }


def is_conf(path: str) -> bool:
    return Path(path).name == "conf.py" or (Path(path).parent.name == "conf" and Path(path).stem != "__init__")


@cache
def used() -> set[str]:
    """Collect the names of settings that some code reads by its declaration."""
    found: set[str] = set()
    for path in paths():
        nodes = syntax_trees.nodes(path)
        named = imported_conf(path, nodes)
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in named:
                thing = getattr(sys.modules[named[node.value.id]], node.attr, None)
                found |= {thing.name} if type(thing) is Setting else set()
        if is_conf(path):
            own = declared_by(sys.modules[".".join(Path(path).with_suffix("").parts)])
            loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            found |= {own[attribute] for attribute in loaded & own.keys()}
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_code_uses(name: str) -> None:
    assert name in used() or hasattr(global_settings, name) or SETTINGS[name].is_sender


# One file a setting -----------------------------------------------------------------------------------------------

PIGEON = """
from verification.declaring_settings import Setting, SettingsSection, formats

PIGEONS = SettingsSection("Pigeons", "Texts by pigeon.", families=("PIGEON_",))
flock: Setting[int] = Setting(
    PIGEONS, "PIGEON_FLOCK", formats.whole_number(1, 99), default=7, unit="birds", meaning="how many fly"
)
"""


@pytest.fixture
def environment_with_third_party_provider(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a process that installs a third-party provider with its own setting."""
    (tmp_path / "pigeon").mkdir()
    (tmp_path / "pigeon" / "__init__.py").write_text("")
    (tmp_path / "pigeon" / "conf.py").write_text(PIGEON)
    named = {"DELIVERY_PROVIDERS": "their.pigeon", "PYTHONPATH": f"{tmp_path.parent}"}
    (tmp_path.parent / "their").unlink(missing_ok=True)
    (tmp_path.parent / "their").symlink_to(tmp_path)
    return clean(REQUIRED | named)


def test_a_setting_is_one_declaration(environment_with_third_party_provider: dict[str, str]) -> None:
    read = "from django.conf import settings; from their.pigeon import conf; print(conf.flock())"

    assert fresh_process.python(read, **environment_with_third_party_provider).stdout == "7\n"
    assert fresh_process.python(read, **environment_with_third_party_provider, PIGEON_FLOCK="9").stdout == "9\n"
    expected = f"{formats.whole_number(1, 99).expects}, birds"
    assert (
        f"PIGEON_FLOCK=many: enter {expected}."
        in fresh_process.python(read, **environment_with_third_party_provider, PIGEON_FLOCK="many").stderr
    )
    row = f"| `PIGEON_FLOCK` | `7` | {expected} | how many fly |"
    assert row in fresh_process.manage("environment", **environment_with_third_party_provider).stdout


def test_a_package_that_is_not_there_is_one_clear_line() -> None:
    answer = fresh_process.manage("check", **clean(REQUIRED | {"DELIVERY_PROVIDERS": "pigeon"}))

    assert answer.returncode != 0
    assert "verification.delivery.providers.pigeon" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_page_of_settings_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """To renew it: manage.py environment > deploy/environment.md."""
    call_command("environment")

    assert capsys.readouterr().out == (HOME / "deploy" / "environment.md").read_text()


def test_every_setting_has_a_place_on_the_page() -> None:
    page = (HOME / "deploy" / "environment.md").read_text()

    assert [name for name in SETTINGS if f"| `{name}`" not in page] == []
    assert all(isinstance(section, SettingsSection) for section in SECTIONS)
    assert site_conf.demo.name in SETTINGS


def test_every_module_that_declares_is_found() -> None:
    found = {path for path in paths() if is_conf(path)}

    names = {path.removesuffix(".py").replace("/", ".").rpartition("conf")[0] for path in found}
    assert {name.rstrip(".") for name in names} <= set(declared_settings.ours())
