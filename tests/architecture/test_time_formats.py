"""Tests that dates and times are shown only in the formats of `verification.time_format`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure import syntax_trees

pytestmark = pytest.mark.xdist_group("syntax_trees")

HOUSE = ("mfasite", "accounts", "verification", "helpcenter")
# The virtual phone shows the date as a phone's lock screen does.
PHONE = Path("verification/delivery/providers/virtual/templates")
WRITER = Path("verification/time_format.py")
# The date in the name of a counter, which nobody reads.
COUNTERS = {Path("verification/limits/incorrect_codes_and_lockouts.py")}
# For scripts and for <input type="date">, never for people.
MACHINE = {"c", "Y-m-d"}
_FORMAT = re.compile(
    r"""(?:\|\s*(?:date|time)(?::\s*|\b)|{%-?\s*now\s+)(?P<format>"[^"]*"|'[^']*'|[\w.]*)"""
    r"|\|\s*(?:timesince|timeuntil|naturaltime|naturalday)\b"
)
_STRFTIME = re.compile(r"%[a-zA-Z]")


def _files(suffix: str) -> Iterator[Path]:
    for house in HOUSE:
        yield from (path for path in sorted(Path(house).rglob(f"*{suffix}")) if "migrations" not in path.parts)


def foreign_formats(template: str) -> list[str]:
    """Find the ways to write a date in a template that are not ours."""
    return [
        found.group(0)
        for found in _FORMAT.finditer(template)
        if (found.group("format") or "").strip("\"'") not in MACHINE
    ]


@pytest.mark.parametrize(
    "template",
    ['{{ at|date:"j F" }}', "{{ at|time:'H:i' }}", "{{ at|date }}", "{{ at|timesince }}", '{% now "j M" %}'],
)
def test_knows_other_formats_when_it_sees_them(template: str) -> None:
    assert foreign_formats(template)


def test_no_template_has_a_format_of_its_own() -> None:
    """Seen failing with 41 of them."""
    found = [
        f"{path}: {each}"
        for suffix in (".html", ".txt", ".xml")
        for path in _files(suffix)
        if PHONE not in path.parents
        for each in foreign_formats(path.read_text())
    ]

    assert found == []


def _formats(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = ast.unparse(node.format_spec)
            if _STRFTIME.search(spec.replace("%}", "")):
                yield node
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"strftime", "date_format", "time_format", "naturaltime", "timesince"}:
                yield node


def test_no_module_formats_dates_for_people() -> None:
    """Seen failing with "%d.%m.%Y" in a preview for staff."""
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in _files(".py")
        if path != WRITER and path not in COUNTERS
        for node in _formats(syntax_trees.tree(path))
    ]

    assert found == []
