"""Tests that only one function signs people in, and that no code asks which method or provider it has."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from tests.infrastructure import syntax_trees
from verification import method_registry
from verification.delivery.routing import routes

pytestmark = pytest.mark.xdist_group("syntax_trees")

ROOT = Path(settings.BASE_DIR)
HOUSE = ("mfasite", "accounts", "verification", "helpcenter")
# Settings, demo users and the `demo_code` command, which have to name methods and providers.
NAMING = {"mfasite/settings.py", "mfasite/demo/users_and_password.py", "mfasite/management/commands/demo_code.py"}


@cache
def sources(suffix: str = ".py") -> dict[str, str]:
    """Return the repository's files of one kind, by path."""
    found = {}
    for house in HOUSE:
        for path in sorted((ROOT / house).rglob(f"*{suffix}")):
            relative = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in relative and relative not in NAMING:
                found[relative] = path.read_text()
    return found


def calls(name: str) -> set[str]:
    """Name the modules that call a function of this name, or import it from Django."""
    found = set()
    for relative in sources():
        for node in syntax_trees.nodes(relative):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                found.add(relative)
    return found


def test_only_one_module_signs_anybody_in() -> None:
    """Seen failing with a `login` in a view."""
    assert calls("login") == {"accounts/signin/completing_sign_in.py"}
    assert calls("otp_login") == {"accounts/signin/completing_sign_in.py", "accounts/signin/verifying_again.py"}
    assert calls("alogin") == calls("force_login") == set()


def test_only_session_assurance_reads_how_a_session_was_proven() -> None:
    """D13: one function says who this is and how strongly they verified. No entry point reads the session directly.

    The store of sessions shortens the name.
    """
    readers = {
        relative
        for relative, text in sources().items()
        if re.search(r"DEVICE_ID_SESSION_KEY|is_verified\(|otp_device", text)
    }

    assert readers <= {"accounts/sessions/session_assurance.py", "accounts/sessions/session_store.py"}


def test_rules_see_no_request() -> None:
    """Rules of the engine take plain values. Only its callback entry point knows HTTP."""
    entry_points = {"verification/provider_callback_view.py", "verification/urls.py", "verification/admin.py"}
    seen = {
        relative
        for relative, text in sources().items()
        if relative.startswith("verification/")
        and "/providers/" not in relative
        and "/admin/" not in relative
        and relative not in entry_points
        and re.search(r"^from django\.(http|shortcuts)|HttpRequest", text, re.MULTILINE)
    }

    assert seen == set()


# Touch cost ----------------------------------------------------------------------------------------------------


def _names_of(packages: tuple[str, ...]) -> dict[str, str]:
    return {package.rpartition(".")[2]: package.replace(".", "/") for package in packages}


METHODS = _names_of(tuple(settings.VERIFICATION_METHODS))
PROVIDERS = {
    path.parent.name: path.parent.relative_to(ROOT).as_posix()
    for path in (ROOT / "verification/delivery/providers").glob("*/provider.py")
}


def _nodes(code: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(code)))


_ASKED = {"method", "method_name", "provider", "provider_name", "name"}


def questions(nodes: Sequence[ast.AST], names: set[str]) -> Iterator[str]:
    """Find where code asks for a name: in a comparison, a match, a look-up, or as the value of a method's field."""

    def texts(node: ast.AST) -> Iterator[str]:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value in names:
                yield inner.value

    for node in nodes:
        if isinstance(node, ast.Compare):
            asked = " ".join(getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node))
            if set(asked.split()) & _ASKED:
                yield from texts(node)
        elif isinstance(node, ast.MatchValue):
            yield from texts(node)
        elif isinstance(node, ast.keyword) and node.arg in _ASKED - {"name"}:
            yield from texts(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"method", "is_installed", "reserve"}:
            yield from texts(node)


def _elsewhere(folder: str, suffix: str) -> Iterator[tuple[str, str]]:
    for relative, text in sources(suffix).items():
        if not relative.startswith(f"{folder}/"):
            yield relative, text


@pytest.mark.parametrize("name", [*METHODS, *PROVIDERS])
def test_no_code_asks_which_one_it_is(name: str) -> None:
    """Adding one is its folder and one settings line; nobody else names it. Seen failing with such a question."""
    folder = METHODS.get(name) or PROVIDERS[name]

    asking = {
        relative for relative, _ in _elsewhere(folder, ".py") if list(questions(syntax_trees.nodes(relative), {name}))
    }

    assert asking == set()


@pytest.mark.parametrize("name", [*METHODS, *PROVIDERS])
def test_no_code_imports_it_by_name(name: str) -> None:
    folder = METHODS.get(name) or PROVIDERS[name]
    dotted = re.escape(folder.replace("/", "."))

    importing = {relative for relative, text in _elsewhere(folder, ".py") if re.search(rf"\b{dotted}\b", text)}

    assert importing == set()


@pytest.mark.parametrize("name", METHODS)
def test_no_template_or_script_asks_which_one_it_is(name: str) -> None:
    folder = METHODS[name]
    asked = re.compile(rf"""(method|option\.name|offer\.name)\S*\s*(===?|!==?|in)\s*["']{name}["']|methods/{name}/""")

    asking = {
        relative
        for suffix in (".html", ".txt", ".js")
        for relative, text in _elsewhere(folder, suffix)
        if asked.search(text)
    }

    assert asking == set()


AMR = {method.amr for method in method_registry.methods().values()}
MODES = {mode.key for method in method_registry.methods().values() for mode in method.modes}


def _asks_for(nodes: Sequence[ast.AST], attribute: str, values: set[str]) -> bool:
    """Return whether code compares an attribute with one of these words, or passes one as an argument."""
    for node in nodes:
        if isinstance(node, ast.Compare):
            asked = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node)}
            said = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            if attribute in asked and said & values:
                return True
        if isinstance(node, ast.keyword) and node.arg == attribute and getattr(node.value, "value", None) in values:
            return True
    return False


def _filters_methods(node: ast.AST) -> bool:
    """Return whether a generator filters methods by a condition."""
    return any(
        generator.ifs and {"methods", "having"} & {getattr(n, "attr", "") for n in ast.walk(generator.iter)}
        for each in ast.walk(node)
        if isinstance(each, ast.GeneratorExp | ast.ListComp)
        for generator in each.generators
    )


def _picks_one(nodes: Sequence[ast.AST]) -> bool:
    """Return whether code takes the first method that matches a condition, which is a hidden name."""
    found = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _filters_methods(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return any(
        getattr(node.func, "id", "") == "next"
        and (_filters_methods(node.args[0]) or getattr(node.args[0], "id", "") in found)
        for node in nodes
        if isinstance(node, ast.Call)
    )


@pytest.mark.parametrize(("attribute", "values"), [("amr", AMR), ("mode", MODES - {""})])
def test_no_code_asks_for_a_word_of_a_method(attribute: str, values: set[str]) -> None:
    """Seen failing with `mode="code"` where a caller is asked, and with `amr == "sms"` in the notices."""
    asking = {
        relative
        for relative, _ in _elsewhere("verification/methods", ".py")
        if "/providers/" not in relative and _asks_for(syntax_trees.nodes(relative), attribute, values)
    }

    assert asking == set()


def test_no_template_asks_for_a_mode_of_a_method() -> None:
    asked = re.compile(rf"""\bmode\s*[!=]=\s*["']({"|".join(MODES)})["']""")

    asking = {relative for relative, text in _elsewhere("verification/methods", ".html") if asked.search(text)}

    assert asking == set()


def test_no_code_picks_a_method_by_a_condition() -> None:
    """Methods are found by name or by capability. Seen failing with the pass that was "the" temporary method."""
    picking = {
        relative
        for relative, _ in _elsewhere("verification/methods", ".py")
        if relative != "verification/method_registry.py" and _picks_one(syntax_trees.nodes(relative))
    }

    assert picking == set()


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return next(n for n, m in method_registry.methods().items() if m.is_temporary)",
        "def f():\n    few = (m for m in method_registry.having(HandedOut) if m.most > 1)\n    return next(few, None)",
        "run = lambda: next(m for m in method_registry.methods().values() if m.kind)",
    ],
)
def test_finds_a_method_that_is_picked(code: str) -> None:
    assert _picks_one(_nodes(code))


def test_finds_a_word_of_a_method() -> None:
    asked = ['method.amr == "sms"', 'method.amr in {"tel", "sms"}', 'f(amr="sms")']

    assert [_asks_for(_nodes(code), "amr", {"sms"}) for code in asked] == [True] * 3


def test_finds_a_question_when_there_is_one() -> None:
    asked = [
        'if option.method == "text": pass',
        'if enrolment.method in {"text", "call"}: pass',
        'method_registry.method("text")',
        'enrolments.issue(user, method_name="text")',
    ]

    assert [list(questions(_nodes(code), {"text"})) for code in asked] == [["text"]] * 4


def test_names_are_those_of_the_folders() -> None:
    assert set(method_registry.methods()) == set(METHODS)
    assert set(routes.providers()) <= set(PROVIDERS)
