"""Loads the shipped articles after `migrate`."""

from typing import Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS

from helpcenter.models import Article
from verification.management.triggers_months_and_first_rows_after_migrate import are_migrated


def load_articles(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Load new and revised articles. A receiver of `post_migrate`."""
    from helpcenter import articles  # noqa: PLC0415  (what renders Markdown: only web processes and `migrate` need it)

    if are_migrated(using, apps, Article):
        articles.load(using=using)
