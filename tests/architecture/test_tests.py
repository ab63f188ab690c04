"""The tests keep their own rules."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_test_module_imports_another() -> None:
    """What two of them need stands in a conftest or in a module of its own."""
    imports = re.compile(r"^\s*(?:from|import) +tests[\w.]*( +import .*)?\b\.?test_", re.MULTILINE)

    found = [str(path) for path in sorted(TESTS.rglob("*.py")) if imports.search(path.read_text())]

    assert found == []
