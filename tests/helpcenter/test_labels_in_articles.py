"""Articles name the buttons, links, fields and messages of the product exactly as its pages show them.

In an article, bold means a label, and quotation marks mean words that a page shows. Bold that ends with a colon or a
full stop only stresses what it introduces.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.text import capfirst

from helpcenter import article_files
from tests.infrastructure import syntax_trees

_APPS = ("accounts", "helpcenter", "mfasite", "verification")
_STRESSED = (":", ".")
_KEY = re.compile(r"[A-Z0-9#]{1,5}")  # what people press or send: #, 0#, START; and references such as K4
# Quoted, and not words of ours: a name that someone may choose, and buttons of phones and providers.
_FOREIGN = {"work laptop", "Do not disturb", "A message comes in"}
_BOLD, _QUOTED = re.compile(r"\*\*(.+?)\*\*"), re.compile(r"“(.+?)”")
_TRANSLATE = re.compile(r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")
_BLOCK = re.compile(r"{%\s*blocktranslate.*?%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
_TAG, _ELEMENT = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL), re.compile(r"<[^>]+>")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|{{.*?}}|{\w*}")
_TRAILING = re.compile(r"[\s(:“]+$|\s+(?:for|until|from|of|to|at|in)\s*$")


def plain(text: str) -> str:
    """Write a text as it is compared: one space between words, one kind of apostrophe, no full stop at the end."""
    return " ".join(text.split()).replace("’", "'").removesuffix(".").removesuffix(":").removesuffix(",")


def _of_templates() -> Iterator[str]:
    for app in _APPS:
        for file in (Path(settings.BASE_DIR) / app).rglob("templates/**/*.*"):
            text = file.read_text(encoding="utf-8")
            yield from (one or other for one, other in _TRANSLATE.findall(text))
            for block in _BLOCK.findall(text):
                yield from re.split(r"{%\s*plural\s*%}", block)
            yield from (line for line in _ELEMENT.sub("\n", _TAG.sub("\n", text)).splitlines() if line.strip())


def _of_code() -> Iterator[str]:
    for app in _APPS:
        for file in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if "migrations" not in file.parts:
                nodes = syntax_trees.nodes(file)
                docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
                yield from (
                    node.value
                    for node in nodes
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
                )


def _of_fields() -> Iterator[str]:
    """Yield what the admin calls the fields of tables: it writes their names with a capital."""
    for model in apps.get_models():
        yield from (capfirst(str(field.verbose_name)) for field in model._meta.fields)


def _variants(text: str) -> Iterator[str]:
    text = _ELEMENT.sub("", _TAG.sub(" ", text))
    yield plain(text)
    before = _PLACEHOLDER.split(text)[0]
    yield plain(_TRAILING.sub("", before))
    yield from (plain(sentence) for sentence in re.split(r"(?<=[.:])\s+", text))


@cache
def shown() -> frozenset[str]:
    """Return what the pages of the product show."""
    return frozenset(
        each for text in (*_of_templates(), *_of_code(), *_of_fields()) for each in _variants(text) if each
    )


def _named(article: article_files.Shipped) -> Iterator[str]:
    for text in _BOLD.findall(article.body):
        if not text.endswith(_STRESSED) and not _KEY.fullmatch(text) and "{" not in text:
            yield text.strip("“”")
    for text in _QUOTED.findall(f"{article.title}\n{article.summary}\n{article.body}"):
        if text not in _FOREIGN:
            yield text


@pytest.mark.parametrize("article", article_files.articles(), ids=lambda article: article.slug)
def test_article_names_what_pages_show(article: article_files.Shipped) -> None:
    """Seen failing for dozens of articles after the pages had got new labels."""
    unknown = sorted({text for text in _named(article) if plain(text) not in shown()})

    assert unknown == []
