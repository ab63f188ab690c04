"""Turns the Markdown of an article into safe HTML: allowed tags, ids of headings, pictures for dark mode."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain, count
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from helpcenter.articles.placeholders import fill

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TEXT = {"h2", "h3", "p", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "br", "hr", "img"}
_TAGS = _TEXT | {"table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "h2": {"id"}, "h3": {"id"}, "ol": {"start"}}
_IDS_OF_PAGE = ("main", "places", "helpful", "related")  # around an article, in the templates
_PICTURE = re.compile(r'<img src="(/static/helpcenter/pictures/[a-z-]+)\.png"[^>]*>')


@dataclass(frozen=True)
class Heading:
    """One entry in an article's table of contents."""

    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A rendered article."""

    html: SafeString
    headings: tuple[Heading, ...]


def render(body: str, places: dict[str, str]) -> Rendered:
    """Turn Markdown into safe HTML. Headings get ids; anything not allowed is removed."""
    markdown = _markdown()
    tokens = markdown.parse(fill(body, places))
    headings, ids = [], set(_IDS_OF_PAGE)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in {"h2", "h3"}:
            text = "".join(part.content for part in tokens[at + 1].children or ())
            heading = Heading(_new_id(text, ids), text)
            token.attrSet("id", heading.id)
            if token.tag == "h2":
                headings.append(heading)
    html = import_module("nh3").clean(
        markdown.renderer.render(tokens, markdown.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    html = _PICTURE.sub(_with_dark_twin, html)
    return Rendered(mark_safe(html), tuple(headings))  # noqa: S308  (nh3 made it safe)


def _new_id(text: str, taken: set[str]) -> str:
    """Return an id for a heading that nothing else on the page has, and add it to those that are taken."""
    start = slugify(text, allow_unicode=True) or "part"
    found = next(each for each in chain([start], (f"{start}-{n}" for n in count(2))) if each not in taken)
    taken.add(found)
    return found


@cache
def _markdown() -> "MarkdownIt":
    """Return the parser. The first article loads it and nh3, which a process that shows none does without: 2 MiB."""
    parser: MarkdownIt = import_module("markdown_it").MarkdownIt("commonmark", {"html": False, "linkify": False})
    return parser.enable("table")


def _with_dark_twin(found: re.Match[str]) -> str:
    """Show the picture's dark twin to readers whose device is dark."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{found[1]}-dark.png">'
    return f"<picture>{dark}{found[0]}</picture>"
