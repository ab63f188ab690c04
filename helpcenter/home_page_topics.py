"""Arranges the help home: the commonest problems as large entries, then all articles by topic, then those for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext_lazy

from helpcenter import articles
from helpcenter.models import Article, Audience
from verification.lazy_text import LazyText

# The articles behind the large entries, and the icon of each.
_COMMON = {
    "no-text": "text",
    "lost-phone": "phone",
    "new-phone": "plus",
    "code-refused": "lock",
    "different-option": "shield",
    "app-passwords": "key",
}
TOPICS = {
    "start": gettext_lazy("Getting started"),
    "stuck": gettext_lazy("Can’t sign in"),
    "messages": gettext_lazy("Texts and calls"),
    "methods": gettext_lazy("Your verification methods"),
    "account": gettext_lazy("Browsers, activity and security"),
    "programs": gettext_lazy("App passwords"),
}
_OTHER = gettext_lazy("Other topics")


@dataclass(frozen=True)
class ArticleEntry:
    """An article as a list shows it."""

    slug: str
    title: str
    summary: str
    url: str
    icon: str = ""

    @classmethod
    def of(cls, article: Article, places: dict[str, str], icon: str = "") -> Self:
        """Describe an article, with the organisation's names filled in."""
        title, summary = articles.fill(article.title, places), articles.fill(article.summary, places)
        return cls(article.slug, title, summary, article.get_absolute_url(), icon)


@dataclass(frozen=True)
class HelpTopic:
    """A group of articles."""

    title: LazyText
    entries: tuple[ArticleEntry, ...]


@dataclass(frozen=True)
class Home:
    """What the help home shows to one reader. Shape: `staff` is empty for anyone who is not staff."""

    common: tuple[ArticleEntry, ...]
    topics: tuple[HelpTopic, ...]
    staff: tuple[ArticleEntry, ...]


def arrange(rows: Sequence[Article], places: dict[str, str]) -> Home:
    """Arrange the articles that a reader may see. An article with an unknown topic is listed under other topics."""
    by_slug = {row.slug: row for row in rows}
    common = tuple(ArticleEntry.of(by_slug[slug], places, icon) for slug, icon in _COMMON.items() if slug in by_slug)
    for_all = [row for row in rows if row.audience == Audience.EVERYONE]
    grouped = [(title, [row for row in for_all if row.topic == name]) for name, title in TOPICS.items()]
    grouped.append((_OTHER, [row for row in for_all if row.topic not in TOPICS]))
    topics = tuple(
        HelpTopic(title, tuple(ArticleEntry.of(row, places) for row in found)) for title, found in grouped if found
    )
    staff = tuple(ArticleEntry.of(row, places) for row in rows if row.audience != Audience.EVERYONE)
    return Home(common, topics, staff)
