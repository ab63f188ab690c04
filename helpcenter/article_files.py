"""Reads the shipped articles: Markdown files with TOML front matter, one folder per language."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CONTENT = Path(__file__).parent / "content"
_FENCE = "+++"
_LINK = re.compile(r"\]\(/help/([\w-]+)/")
_PAGES = {"diagnose", "tell"}  # pages of the help centre that are no articles


class UnreadableArticle(ValueError):
    """A file whose front matter cannot be read. The message names it."""


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """One shipped article. Shape: `outcomes` such as `verdict:wrong`, `why:blocked`, `delivery:landline`."""

    slug: str
    language: str
    title: str
    summary: str
    body: str
    topic: str
    order: int
    audience: str
    words: tuple[str, ...]
    related: tuple[str, ...]
    outcomes: tuple[str, ...]

    @property
    def digest(self) -> str:
        whole = "\n".join([self.title, self.summary, self.body, self.topic, self.audience, *self.words, *self.related])
        return hashlib.sha256(whole.encode()).hexdigest()


@cache
def articles() -> tuple[Shipped, ...]:
    """Return all shipped articles. Read once per process. Errors: `UnreadableArticle`."""
    return tuple(_read(path) for path in sorted(CONTENT.glob("*/*.md")))


def _read(path: Path) -> Shipped:
    text = path.read_text(encoding="utf-8")
    try:
        _, head, body = text.split(f"{_FENCE}\n", 2)
        about = tomllib.loads(head)
        return Shipped(
            slug=path.stem,
            language=path.parent.name,
            title=about["title"],
            summary=about["summary"],
            body=body.strip(),
            topic=about["topic"],
            order=about.get("order", 100),
            audience=about.get("audience", "everyone"),
            words=tuple(about.get("words", ())),
            related=tuple(about.get("related", ())),
            outcomes=tuple(about.get("outcomes", ())),
        )
    except (ValueError, KeyError) as error:
        raise UnreadableArticle(f"{path.name}: {error}") from error


@cache
def by_outcome() -> dict[str, Shipped]:
    """Return the article about each outcome. It reads only files, so error pages can use it."""
    return {outcome: article for article in articles() if article.language == "en" for outcome in article.outcomes}


def linked(article: Shipped) -> set[str]:
    """Return the slugs of the articles that an article links to."""
    return (set(_LINK.findall(article.body)) - _PAGES) | set(article.related)
