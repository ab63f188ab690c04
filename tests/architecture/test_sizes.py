"""How long a module and how full a folder may be. Beyond that, a reader no longer finds their way."""

from collections import Counter
from pathlib import Path

import pytest

from tests.infrastructure.databases import APPS, ROOT

MAX_LINES, MAX_MODULES = 400, 16

# Django and Celery look for modules of these names at the top of an app, and pytest in each folder: they cannot move.
FIXED = {"__init__.py", "admin.py", "apps.py", "checks.py", "conftest.py", "tasks.py", "urls.py"}


def _modules(*folders: str) -> list[Path]:
    paths = [path.relative_to(ROOT) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if not {"migrations", "node_modules"} & set(path.parts)]


def test_no_module_is_longer_than_a_reader_can_follow() -> None:
    """Seen failing on tests of 401 to 817 lines."""
    paths = _modules(*APPS, "tests")

    lines = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in paths}

    assert {path: n for path, n in lines.items() if n > MAX_LINES} == {}


@pytest.mark.parametrize("app", [*APPS, "tests"])
def test_no_folder_holds_more_modules_than_one_looks_through(app: str) -> None:
    """Seen failing on nine folders of tests with 17 to 44 modules."""
    inside = [path for path in _modules(app) if path.name not in FIXED]

    found = {str(folder): n for folder, n in Counter(path.parent for path in inside).items() if n > MAX_MODULES}

    assert inside
    assert found == {}
