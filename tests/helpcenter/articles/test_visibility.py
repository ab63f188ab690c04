"""Tests of who sees which article, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpcenter import articles
from helpcenter.models import Article


@pytest.mark.usefixtures("db")
def test_article_is_out_between_its_dates_only() -> None:
    now = timezone.now()
    Article.objects.filter(slug="no-text").update(publish_at=now + timedelta(hours=1))
    Article.objects.filter(slug="no-call").update(withdraw_at=now)

    shown = set(articles.published(None, now=now).values_list("slug", flat=True))

    assert not {"no-text", "no-call"} & shown
