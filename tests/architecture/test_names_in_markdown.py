"""Tests that what our Markdown pages name exists: files and folders in backticks, links, and names in the glossary."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.infrastructure.databases import APPS, ROOT

FOLDERS = [ROOT / folder for folder in (*APPS, "tests", "deploy", ".ci", ".github")]
FILES = [
    path
    for path in (*ROOT.glob("*"), *(each for folder in FOLDERS for each in folder.rglob("*")))
    if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
]
PAGES = [path for path in FILES if path.suffix == ".md"]
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.<>*@-]+(?:/[\w.<>*@-]+)*/?")
OURS = re.compile(r"/|\w\.(?:py|html|css|js|md|toml|conf|ya?ml|json|txt|service|socket|lock|lua)$")
LINK = re.compile(r"\]\((?!https?:|mailto:|/)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# What isn't a file of the project, or is no longer one and the page says so.
NOT_FILES = {".demo/recovery-codes", "prometheus.yml", "theme.css", "env.py"}
GLOSSARY = ROOT / "mfasite/decisions/glossary.md"
DOTTED = re.compile(r"\w+(?:\.\w+)+")


@cache
def _sub_paths() -> set[str]:
    """Return each path of a file or folder, from the project's folder or from any folder below it."""
    split = (path.relative_to(ROOT).parts for path in FILES)
    return {"/".join(parts[a:b]) for parts in split for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}


def exists(name: str) -> bool:
    """Return whether this is a file or folder, from any folder on. `<name>` and `*` stand for anything."""
    pattern = re.sub(r"<\w+>|\\\*", "[^/]+", re.escape(name.rstrip("/")))
    return name.rstrip("/") in _sub_paths() or any(re.fullmatch(pattern, path) for path in _sub_paths())


def paths_in(text: str) -> set[str]:
    """Return what is in backticks and looks like a path of the project."""
    return {name for name in IN_BACKTICKS.findall(text) if PATH.fullmatch(name) and OURS.search(name)}


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(path.read_text()))
    return {heading.strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page to a file or heading that doesn't exist."""
    found = []
    for file, anchor in LINK.findall(page.read_text()):
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(f"{file}#{anchor}")
    return found


@cache
def _sources() -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in FILES
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in APPS
    }


def is_defined(dotted: str) -> bool:
    """Return whether `package.module`, `module.name` or `Class.attribute` is in our code. A package may be left out."""
    first, *_rest = parts = dotted.split(".")
    if first[0].isupper():
        return any(
            re.search(rf"^class {first}\b", text, re.MULTILINE) and re.search(rf"\b{parts[1]}\b", text)
            for text in _sources().values()
        )
    for n in (len(parts), len(parts) - 1):
        module = re.compile(rf"(?:.*/)?{'/'.join(parts[:n])}(?:\.py|/__init__\.py)")
        texts = [text for path, text in _sources().items() if module.fullmatch(path)]
        if texts and (n == len(parts) or any(re.search(rf"\b{parts[n]}\b", text) for text in texts)):
            return True
    return False


@pytest.mark.parametrize("name", ["tests/gone.py", "verification/methods/<name>/gone.py", "mfasite/gone/"])
def test_finds_a_path_that_is_gone(name: str) -> None:
    assert paths_in(f"see `{name}`") == {name}
    assert not exists(name)


def test_every_path_in_a_page_exists() -> None:
    gone = {
        str(page.relative_to(ROOT)): names
        for page in PAGES
        if (names := {name for name in paths_in(page.read_text()) - NOT_FILES if not exists(name)})
    }

    assert len(PAGES) > 100
    assert gone == {}


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    """Seen failing: three articles linked another one by its slug alone, which isn't its address."""
    broken = {str(page.relative_to(ROOT)): links for page in PAGES if (links := broken_links(page))}

    assert broken == {}


def test_every_name_in_the_glossary_is_defined() -> None:
    """Seen failing on the module of approvals and on that of permits, after both were renamed."""
    named = {name for name in IN_BACKTICKS.findall(GLOSSARY.read_text()) if DOTTED.fullmatch(name)}

    assert len(named) > 30
    assert {name for name in named if not exists(name) and not is_defined(name)} == set()
