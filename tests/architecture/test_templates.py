"""Tests that templates use addresses and labels only where they belong, and end the elements that they begin."""

import re
from collections import Counter
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


SET_OR_SHOWN = re.compile(
    r"\b(?:as|asvar) (?P<set>label|hint|optional)\b"
    r"|(?P<end>{%\s*endblock)"
    r"|{%\s*include \"parts/(?:code_)?field\.html\"(?P<params>[^%]*)%}"
)


def wrong_labels(template: str) -> set[str]:
    """Return what a block sets for something else, and a field after it would show as its own."""
    made: set[str] = set()
    wrong: set[str] = set()
    for found in SET_OR_SHOWN.finditer(template):
        if found["set"]:
            made.add(found["set"])
        elif found["end"]:
            made.clear()
        elif not found["params"].endswith(" only "):
            wrong |= {name for name in made if f" {name}=" not in found["params"]}
    return wrong


def test_no_field_shows_the_label_of_something_else() -> None:
    """Seen failing: after a test of a directory that succeeded, each of its fields was called “People and groups”."""
    templates = [path for app in APPS for path in Path(app).rglob("templates/**/*.html")]

    assert {str(path): wrong for path in templates if (wrong := wrong_labels(path.read_text()))} == {}


BODY_CLASS = re.compile(r"{% block body_class %}([\w -]*){% endblock")


def test_stylesheets_know_the_class_of_every_layout() -> None:
    """Seen failing: a class was renamed differently in a layout and in the stylesheet, so its pages lost their look."""
    layouts = [path for app in ("mfasite", "helpcenter") for path in Path(app).rglob("templates/**/*.html")]
    styles = "".join(
        path.read_text() for app in ("mfasite", "helpcenter") for path in Path(app).rglob("static/**/*.css")
    )
    named = {name for path in layouts for found in BODY_CLASS.findall(path.read_text()) for name in found.split()}

    assert {"auth-layout", "app-layout", "staff"} <= named
    assert {name for name in named if not re.search(rf"\.{name}\b(?!-)", styles)} == set()


COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
ELEMENT = re.compile(r"<(/?)([a-z][\w-]*)(?![^<>]*/>)")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def unclosed(template: str) -> dict[str, int]:
    """Count, by element, how many more begin than end. A template ends what it begins, also what depends on an `if`."""
    found: Counter[str] = Counter()
    for is_end, name in ELEMENT.findall(COMMENT.sub("", template)):
        found[name] += -1 if is_end else 1
    return {name: n for name, n in found.items() if n and name not in VOID}


def test_every_template_ends_the_elements_that_it_begins() -> None:
    """Seen failing: a page of the sign-in had one `</div>` too many, which no parser of ours complains about."""
    templates = [path for app in APPS for path in Path(app).rglob("templates/**/*.html")]

    assert {str(path): left for path in templates if (left := unclosed(path.read_text()))} == {}
