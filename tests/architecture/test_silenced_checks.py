"""Tests that a comment which silences a check says why."""

import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.infrastructure.databases import APPS, ROOT

SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b")
WITH_REASON = re.compile(
    r"# noqa: [A-Z0-9, ]+  \(\w.*\)|# type: ignore\[[a-z, -]+\]  # (?!noqa)\w.*"  # the reason in brackets, or a comment
)


def comments(code: str) -> Iterator[tuple[int, str]]:
    """Find the comments of a module, with their lines. A string can mention such a comment too."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def without_reason(code: str) -> list[int]:
    if not SILENCED.search(code):  # in most modules, and to split a module into tokens takes long
        return []
    return [line for line, text in comments(code) if SILENCED.search(text) and not WITH_REASON.search(text)]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: S311",
        "#noqa: S311",
        "# noqa: S311  ()",
        "# type: ignore",
        "# type: ignore[misc]",
        "# noqa: F401, E402",
        "# type: ignore[misc]  # noqa: S311",
    ],
)
def test_finds_a_silenced_check_without_a_reason(comment: str) -> None:
    assert without_reason(f"import this  {comment}\n") == [1]


@pytest.mark.parametrize(
    "line",
    [
        "import this  # noqa: F401, E402  (registers itself)",
        "import this  # type: ignore[import-untyped]  # theirs",
        "text = 'import this  # noqa'",
        "import this",
    ],
)
def test_accepts_a_reason(line: str) -> None:
    assert without_reason(f"{line}\n") == []


def test_each_silenced_check_has_a_reason() -> None:
    """Seen failing on 142 comments."""
    paths = [path for folder in (*APPS, "tests") for path in sorted((ROOT / folder).rglob("*.py"))]

    found = {
        str(path.relative_to(ROOT)): lines
        for path in paths
        if "node_modules" not in path.parts and (lines := without_reason(path.read_text(encoding="utf-8")))
    }

    assert found == {}
