"""Loads the shipped articles into the database, and keeps those that an editor changed."""

from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from helpcenter import article_files
from helpcenter.models import Article

_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # when the shipped articles were published


def load(*, using: str = DEFAULT_DB_ALIAS) -> tuple[int, int, int]:
    """Load the shipped articles into the database. Return how many were new, updated, and kept as edited.

    `migrate` runs it each time. An edited article is never overwritten.
    """
    rows = Article.objects.using(using)
    stored = {(row.slug, row.language): row.shipped for row in rows.only("slug", "language", "shipped")}
    new = [each for each in article_files.articles() if (each.slug, each.language) not in stored]
    rows.bulk_create(
        Article(slug=each.slug, language=each.language, publish_at=_ALWAYS, **_fields(each)) for each in new
    )
    n_renewed = n_kept = 0
    for each in article_files.articles():
        if stored.get((each.slug, each.language), each.digest) == each.digest:
            continue
        row = rows.get(slug=each.slug, language=each.language)
        if is_edited(row):
            n_kept += 1
        else:
            for name, value in _fields(each).items():
                setattr(row, name, value)
            row.save()
            n_renewed += 1
    return len(new), n_renewed, n_kept


def _fields(each: article_files.Shipped) -> dict[str, Any]:
    return {
        "title": each.title,
        "summary": each.summary,
        "body": each.body,
        "topic": each.topic,
        "order": each.order,
        "audience": each.audience,
        "words": "\n".join(each.words),
        "related": " ".join(each.related),
        "shipped": each.digest,
    }


def is_edited(row: Article) -> bool:
    """Return whether an article was changed since it was loaded."""
    return digest(row) != row.shipped


def digest(row: Article) -> str:
    """Return the digest of an article, computed like that of a shipped one."""
    as_shipped = article_files.Shipped(
        slug=row.slug,
        language=row.language,
        title=row.title,
        summary=row.summary,
        body=row.body,
        topic=row.topic,
        order=row.order,
        audience=row.audience,
        words=tuple(row.words.splitlines()),
        related=tuple(row.related.split()),
        outcomes=(),
    )
    return as_shipped.digest
