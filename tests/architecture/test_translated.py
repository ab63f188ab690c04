"""Tests that everything people read can be translated, is not fixed in one language at import, and is well set."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Choices
from django.utils.functional import Promise

from tests.infrastructure import syntax_trees

pytestmark = pytest.mark.xdist_group("syntax_trees")

APPS = ("mfasite", "helpcenter", "accounts", "verification")
EAGER = {"gettext", "ngettext", "pgettext", "npgettext"}


def _modules() -> list[Path]:
    return [path for app in APPS for path in sorted(Path(app).rglob("*.py")) if "migrations" not in path.parts]


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the code that runs at import, without function bodies."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield child
        yield from _at_import(child)


def _translated_at_import(path: Path) -> Iterator[str]:
    eager = {
        name.asname or name.name
        for node in syntax_trees.nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in EAGER
    }
    for node in _at_import(syntax_trees.tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in eager:
            yield f"{path}:{node.lineno}"


def test_no_module_translates_while_it_is_imported() -> None:
    found = [place for path in _modules() for place in _translated_at_import(path)]

    assert found == []


def _choices(kind: type[Choices]) -> Iterator[type[Choices]]:
    for each in kind.__subclasses__():
        yield from _choices(each)
        if each.__module__.split(".")[0] in APPS and list(each):
            yield each


def _is_written(member: Choices) -> bool:
    """Return whether the label is hand-written. Labels that Django derives from names are never shown."""
    return str(member.label) != member.name.replace("_", " ").title()


def test_every_choice_has_a_label_that_can_be_translated() -> None:
    members = [member for kind in _choices(Choices) for member in kind if _is_written(member)]

    assert [str(member) for member in members if not isinstance(member.label, Promise)] == []


_MESSAGES = {
    **dict.fromkeys(("_", "_t", "_lazy", "gettext", "gettext_lazy"), 1),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), 2),
}


def _unextractable(path: Path) -> Iterator[str]:
    for node in syntax_trees.nodes(path):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for message in node.args[: _MESSAGES.get(name, 0)]:
                if not (isinstance(message, ast.Constant) and isinstance(message.value, str)):
                    yield f"{path}:{node.lineno}"


def test_every_message_can_be_extracted_for_translators() -> None:
    """`makemessages` finds literal strings only. Seen failing with `ngettext(one, many, n)` in an action's menu."""
    assert [place for path in _modules() for place in _unextractable(path)] == []


_STRAIGHT = re.compile(r"(?<=\w)'(?=\w)")
_MESSAGE_IN_TEMPLATE = re.compile(
    r'\{%\s*(?:translate|trans)\s+"([^"]*)"|\{%\s*blocktranslate\b[^%]*%\}(.*?)\{%\s*endblocktranslate\s*%\}', re.DOTALL
)


def _messages(path: Path) -> Iterator[str]:
    """Yield what a module or a page says to people."""
    if path.suffix != ".py":
        for match in _MESSAGE_IN_TEMPLATE.finditer(path.read_text()):
            yield match[1] or match[2] or ""
        return
    for node in syntax_trees.nodes(path):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for message in node.args[: _MESSAGES.get(name, 0)]:
                yield ast.literal_eval(message)


def test_apostrophes_of_modules_and_pages_are_curly() -> None:
    """In text messages and subjects they are straight: a curly one isn't in GSM-7, and halves what one text holds.

    Seen failing with four sentences.
    """
    pages = [path for app in APPS for path in Path(app).rglob("templates/**/*.html")]
    said = [message for path in (*_modules(), *pages) for message in _messages(path)]

    assert len(said) > 3000
    assert [message for message in said if _STRAIGHT.search(message)] == []


# Numbers in sentences ---------------------------------------------------------------------------------------------

_UNITS = "second|minute|hour|day|week|month|year|digit|letter|character|byte|KB|MB|code|accent|token|row|pixel|new"
_NUMBER = re.compile(rf"\b\d[\d,.]*[ \xa0-](?:{_UNITS})s?\b|\b\d[\d,]* to \d|\bat (?:most|least) \d", re.IGNORECASE)
# Where a sentence or a choice has a number that repeats no constant.
NUMBERS_OF_THEIR_OWN = {
    "accounts/models/directories.py": "choices, beside their values",
    "accounts/support/actions/temporary_access_passes/lifetimes.py": "choices, beside their values",
    "accounts/support/applications/forms.py": "choices, beside their values",
    "verification/delivery/providers/virtual/forms.py": "choices, beside their values",
    "verification/models/countries_costs_and_opt_outs.py": "choices, beside their values",
    "verification/policies/rules/methods_and_code_lifetime.py": "bounds, beside the field",
    "verification/policies/rules/remembered_browser_days.py": "bounds, beside the field",
    "verification/policies/rules/setup_deferral_stock_tokens_and_trusted_numbers.py": "bounds, beside the field",
    "verification/policies/rules/staff_strength_caller_verification_and_second_person.py": "bounds, beside the field",
    "accounts/support/imports/token_files/secret_key_encodings.py": "the alphabets of base32 and hex",
    "accounts/templates/accounts/support/delivery_overview.html": "a day, hour by hour",
    "accounts/templates/accounts/support/hardware_token.html": "two codes, each with a field",
    "helpcenter/models/contacts.py": "an example",
    "verification/methods/call/method.py": "the two digits of a call",
    "verification/methods/totp/templates/verification/methods/totp/qr_code_and_key.html": "what all apps expect",
    "verification/templates/verification/notices/to_operators/sealed_value_damaged.txt": "a day",
}


def test_sentences_take_their_numbers_from_constants_and_settings() -> None:
    """Seen failing on 62 sentences in 39 files: a change of the constant would have made each of them wrong."""
    templates = [path for app in APPS for path in sorted(Path(app).rglob("templates/**/*")) if path.is_file()]
    found = {
        path.as_posix(): texts
        for path in [*_modules(), *templates]
        if (texts := [text for text in _messages(path) if _NUMBER.search(text)])
    }

    assert {path: texts for path, texts in found.items() if path not in NUMBERS_OF_THEIR_OWN} == {}
    assert NUMBERS_OF_THEIR_OWN.keys() - found.keys() == set()
