"""Tests that templates use an address only in the block that made it: elsewhere it's empty."""

import re
from collections.abc import Iterator
from pathlib import Path

APPS = ("mfasite", "helpcenter", "accounts", "verification")
TAG = re.compile(
    r"{%\s*(?P<tag>block|endblock)\b\s*(?P<block>\w*)"
    r"|{%\s*url\b[^%]*\bas\s+(?P<made>\w+)\s*%}"
    r"|{{\s*(?P<used>\w+)"
)


def lost_addresses(template: str) -> Iterator[str]:
    """Yield the addresses that a template uses outside the block in which `{% url … as … %}` made them."""
    blocks: list[str] = []
    made: dict[str, list[list[str]]] = {}
    used: list[tuple[str, list[str]]] = []
    for found in TAG.finditer(template):
        if found["tag"] == "block":
            blocks = [*blocks, found["block"]]
        elif found["tag"]:
            blocks = blocks[:-1]
        elif found["made"]:
            made.setdefault(found["made"], []).append(blocks)
        else:
            used.append((found["used"], blocks))
    for name, place in used:
        if name in made and not any(place[: len(each)] == each for each in made[name]):
            yield name


def test_no_template_uses_an_address_of_another_block() -> None:
    templates = [path for app in APPS for path in Path(app).rglob("templates/**/*.html")]

    assert len(templates) > 100
    assert {str(path): lost for path in templates if (lost := list(lost_addresses(path.read_text())))} == {}
