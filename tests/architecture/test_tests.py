"""Tests of the rules that the tests themselves must follow."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_test_module_imports_another() -> None:
    """Code that two test modules need is in a conftest or a module of its own."""
    imports = re.compile(r"^\s*(?:from|import) +tests[\w.]*( +import .*)?\b\.?test_", re.MULTILINE)

    found = [str(path) for path in sorted(TESTS.rglob("*.py")) if imports.search(path.read_text())]

    assert found == []
