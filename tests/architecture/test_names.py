"""Tests of names in the code: old and shared names, a context named after a time, constants that say nothing."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.infrastructure import syntax_trees
from tests.infrastructure.databases import APPS, ROOT
from verification.context import Context

pytestmark = pytest.mark.xdist_group("syntax_trees")

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


# A constant says what it limits: `MAX_URL_LENGTH`, not `_LONGEST` -------------------------------------------------

SUPERLATIVE = re.compile(
    "BIGGEST|DEEPEST|FARTHEST|FEWEST|HIGHEST|LARGEST|LEAST|LONGEST|LOWEST|MOST|SHORTEST|SMALLEST|TALLEST"
)
# A number whose name has only these words doesn't say what it counts.
SAYS_NOTHING = re.compile(
    "A|AFTER|AGAIN|AHEAD|ALIKE|ALWAYS|AT|BEFORE|BEHIND|BIG|BRIEF|COLD|DEEP|EARLIER|EARLY|ENOUGH|EVERY|FAR|FAST|FEW|FIRST|"
    "FOR|FRESH|FULL|HIGH|KEPT|LARGE|LAST|LATE|LATER|LIKE|LONG|LONGER|LOW|MANY|MAX|MIN|MUCH|NEAR|NEW|NEXT|NOW|ODD|OF|OFTEN|"
    "OLD|ONCE|QUICK|RARE|RECENT|SAME|SHORT|SHOWN|SLOW|SMALL|SOON|STALE|STEADY|TALL|TIME|TOGETHER|TOO|USUAL|VALID|WARM|WITHIN"
)
NUMBERS = {"Decimal", "Timeout", "rounds", "timedelta"}


def _is_number(value: ast.expr) -> bool:
    match value:
        case ast.Constant():
            return isinstance(value.value, int | float) and not isinstance(value.value, bool)
        case ast.UnaryOp():
            return _is_number(value.operand)
        case ast.BinOp():
            return _is_number(value.left) and _is_number(value.right)
        case ast.Call():
            return ast.unparse(value.func).split(".")[-1] in NUMBERS
        case ast.Tuple():
            return all(map(_is_number, value.elts))
        case ast.Dict():
            return all(map(_is_number, value.values))
    return False


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Find a module's constants. A class's are mostly members of an enum, and those are values."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for name, value in _bound(target, node.value):
                if isinstance(name, ast.Name) and name.id.isupper():
                    yield name.id, value


def unclear_limits(tree: ast.Module) -> list[str]:
    """Find the constants whose name is only an adjective, or a superlative in place of MAX or MIN."""
    return [name for name, value in _constants(tree) if _is_unclear(name.strip("_").split("_"), value)]


def _is_unclear(words: list[str], value: ast.expr) -> bool:
    return any(map(SUPERLATIVE.fullmatch, words)) or (all(map(SAYS_NOTHING.fullmatch, words)) and _is_number(value))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("_LONGEST = 4_000", "_LONGEST"),
        ("LONGEST_STATE = 1500", "LONGEST_STATE"),
        ("_WINDOW, _ENOUGH = timedelta(minutes=15), 50", "_ENOUGH"),
        ("_SAME = timedelta(minutes=1)", "_SAME"),
        ("_TOO_MANY: int = 2 * 8", "_TOO_MANY"),
        ("_AT_ONCE = 100", "_AT_ONCE"),
        ("_MAX = {'state': 500}", "_MAX"),
        ("_OLD = 1, -2", "_OLD"),
    ],
)
def test_finds_a_constant_that_does_not_say_what_it_limits(code: str, name: str) -> None:
    assert unclear_limits(ast.parse(code)) == [name]


@pytest.mark.parametrize(
    "code", ["MAX_URL_LENGTH = 4_000", "_WINDOW = timedelta(minutes=15)", "_SHOWN = ('name', 'email')", "_old = 3"]
)
def test_a_constant_may_be_a_noun_or_no_number(code: str) -> None:
    assert unclear_limits(ast.parse(code)) == []


def test_each_constant_says_what_it_limits() -> None:
    """Seen failing on 151 constants."""
    found = {str(path): unclear_limits(syntax_trees.tree(path)) for path in _modules()}

    assert {path: names for path, names in found.items() if names} == {}


# A class has a name of its own: an import or a traceback often shows no more --------------------------------------

# Names that several modules use for the same role: why a reader expects them, and the only places where they may be.
SHARED = {
    "Browser": (
        "what a person of a test uses, and the row of a remembered one",
        ("tests/simulated/http_browser.py", "verification/models/browsers.py"),
    ),
    "Conf": ("a provider's settings, in the `conf` of its folder", ("verification/delivery/providers/",)),
    "Person": (
        "a user with phone and browser in a test, and a user as verification knows them",
        ("tests/simulated/people.py", "verification/models/user_protocol.py"),
    ),
    "User": (
        "scim2-models names the schema that clients read after the class",
        ("accounts/models/people.py", "accounts/integrations/scim/user_and_group_schemas.py"),
    ),
}
# Django finds a class by this name. A nested class such as `Meta` or `Import.State` is read with that of its outer one.
OF_DJANGO = {"Command"}


def shared_names(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Find names that classes of several modules have, except in the places of `SHARED`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name not in OF_DJANGO:
                found[node.name].append(path)
    return {name: paths for name, paths in found.items() if len(paths) > 1 and not _may_share(name, paths)}


def _may_share(name: str, paths: list[str]) -> bool:
    _reason, places = SHARED.get(name, ("", ()))
    return bool(places) and all(path.startswith(places) for path in paths)


def test_finds_a_class_name_with_a_second_meaning() -> None:
    one, other = ast.parse("class Entry: pass"), ast.parse("x = 1\nclass Entry(dict): pass")

    assert shared_names(
        {"accounts/activity_lines_from_audit_events.py": one, "helpcenter/home_page_topics.py": other}
    ) == {"Entry": ["accounts/activity_lines_from_audit_events.py", "helpcenter/home_page_topics.py"]}


def test_finds_a_shared_name_outside_its_place() -> None:
    conf = ast.parse("class Conf: pass")

    assert shared_names({"verification/delivery/providers/twilio/conf.py": conf, "accounts/conf.py": conf})


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("class Conf: pass", "verification/delivery/providers/{}/conf.py"),
        ("class Command(BaseCommand): pass", "accounts/management/commands/{}.py"),
        ("class Import{}:\n    class State: pass", "accounts/models/{}.py"),
    ],
)
def test_a_class_name_may_be_shared_for_a_reason(code: str, path: str) -> None:
    assert shared_names({path.format(n): ast.parse(code.format(n)) for n in "ab"}) == {}


def test_no_class_name_has_a_second_meaning() -> None:
    """Seen failing on 56 names, and on 23 when it began to read the tests."""
    assert shared_names({path.as_posix(): syntax_trees.tree(path) for path in _modules()}) == {}


def test_each_shared_name_is_shared() -> None:
    names = Counter(
        node.name for path in _modules() for node in syntax_trees.tree(path).body if isinstance(node, ast.ClassDef)
    )

    assert {name for name in SHARED if names[name] < 2} == set()


# Words with one meaning, and names that were replaced -------------------------------------------------------------

# Old names and the standard terms that replaced them. No identifier may have an old name.
REPLACED = {
    "Board": "RoutingSnapshot",
    "CAST": "DEMO_USERS",
    "DeskConfig": "AdminConfig",
    "Facts": "Context, AuthenticationContext or ReportedVerification",
    "Fate": "MessageResult",
    "Flights": "Running",
    "Heard": "ParsedCallback",
    "HeardReply": "ProcessedReply",
    "Holding": "ActiveAccess",
    "StandingMiddleware": "AssuranceMiddleware",
    "UNHEARD": "IGNORED_CHARS",
    "admits": "allows",
    "alone_allowed": "passwordless_allowed",
    "deed": "action",
    "deeds": "actions",
    "entrance": "entry_point",
    "entrances": "entry_points",
    "flights": "running",
    "is_alone_open": "is_passwordless_allowed",
    "lockdown": "this_wasnt_me",
    "prove_alone": "prove_passwordless",
    "put_away": "dismiss",
    "rehearsal": "preview, dry_run or self_test",
    "rehearse": "preview, dry_run or self_test",
    "shelf": "phones",
    "told_at": "notified_at",
}
# Words with one meaning in identifiers: the meaning, and the only places where they may be used.
ONE_MEANING = {
    "closed": ("a circuit is closed", ("verification/models/routes_and_circuits.py", "verification/delivery/routing/")),
    "closes": ("nothing does", ()),
    "held": ("a delivery report waits", ("verification/delivery/providers/virtual/",)),
}
# The state of a circuit, wherever it is read.
OF_A_CIRCUIT = re.compile(r"CircuitState\.CLOSED")
# In pages, the support desk is text. A layout is named after what it is.
OLD_CLASSES = re.compile(r"(?:\.|class=\"(?:[^\"]* )?|body_class %\})(?:desk|entrance|shelf|closed)\b")
OLD_URLS = re.compile(r"phone:(?:shelf|call-put-away)\b")


def _identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find what a module names: definitions, arguments, variables and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.lineno, node.name
            case ast.arg() | ast.keyword() if node.arg:
                yield node.lineno, node.arg
            case ast.Name():
                yield node.lineno, node.id
            case ast.Attribute() if not OF_A_CIRCUIT.fullmatch(ast.unparse(node)):
                yield node.lineno, node.attr


def old_names(tree: ast.AST, path: str = "") -> list[tuple[int, str]]:
    """Find identifiers that were replaced, or that use a word with one meaning for something else."""
    elsewhere = {word for word, (_meaning, places) in ONE_MEANING.items() if not path.startswith(places or ("-",))}
    return sorted(
        (line, name)
        for line, name in set(_identifiers(tree))
        if name.strip("_") in REPLACED or (path and elsewhere & set(name.lower().split("_")))
    )


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("class Board: pass", ""),
        ("def prove_alone(): pass", ""),
        ("Policy(alone_allowed=True)", ""),
        ("def f(shelf): pass", ""),
        ("client.told_at", ""),
        ("is_closed = True", "accounts/sessions/session_store.py"),
        ("method.closed", "accounts/support/caller_verification.py"),
        ("_held()", "verification/keys/crypto.py"),
    ],
)
def test_finds_an_old_name(code: str, path: str) -> None:
    assert [line for line, _name in old_names(ast.parse(code), path)] == [1]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("state = CircuitState.CLOSED", "verification/delivery/statistics/installed_and_bypassed_providers.py"),
        ("closed = circuits()", "verification/delivery/routing/circuit_breaker.py"),
        ("connection.close()", "accounts/sessions/session_store.py"),
        ("PendingCallback(is_held=True)", "verification/delivery/providers/virtual/carrier_behaviour.py"),
        ("alone = 'sign-in/alone/'", ""),
    ],
)
def test_a_word_may_have_its_one_meaning(code: str, path: str) -> None:
    assert old_names(ast.parse(code), path) == []


def test_no_old_name_is_left() -> None:
    """Of tests only the replaced names: a test of sockets may call one closed. Seen failing on 83 modules."""
    found = {
        str(path): old_names(syntax_trees.tree(path), "" if path.parts[0] == "tests" else path.as_posix())
        for path in _modules()
    }

    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "text", ['<main class="bench shelf">', "{% block body_class %}desk staff", ".desk form { }", ".option.closed b { }"]
)
def test_finds_an_old_class(text: str) -> None:
    assert OLD_CLASSES.search(text)


def test_no_page_has_an_old_name() -> None:
    """Seen failing on the layouts named `desk` and `entrance`."""
    kinds = {".html", ".css", ".js", ".txt"}
    pages = [path for app in APPS for path in sorted((ROOT / app).rglob("*")) if path.suffix in kinds]

    found = {
        str(path.relative_to(ROOT)): names
        for path in pages
        if (
            names := [
                match.group() for match in re.finditer(f"{OLD_CLASSES.pattern}|{OLD_URLS.pattern}", path.read_text())
            ]
        )
    }

    assert pages
    assert found == {}
