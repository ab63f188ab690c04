"""Earlier versions of an article: kept before each change, and restored."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from helpcenter.models import Article, Version

if TYPE_CHECKING:
    pass


def keep_version(article: Article, *, user_id: int | None, now: datetime) -> None:
    """Save the text that is about to be replaced as a version. Call it in the change's transaction."""
    former = Article.objects.filter(pk=article.pk).values("title", "summary", "body").first()
    if former and any(getattr(article, name) != text for name, text in former.items()):
        Version.objects.create(article=article, replaced_at=now, replaced_by_id=user_id, **former)


def restore(version: Version, *, user_id: int | None, now: datetime) -> None:
    """Restore an earlier text. The current one becomes a version."""
    article = version.article
    article.title, article.summary, article.body = version.title, version.summary, version.body
    with transaction.atomic():
        keep_version(article, user_id=user_id, now=now)
        article.save(update_fields=["title", "summary", "body", "updated_at"])
