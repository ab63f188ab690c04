"""Tests of housekeeping in the help centre."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpcenter import tasks
from helpcenter.models import Article, Feedback, Miss
from mfasite.celery import app

pytestmark = pytest.mark.django_db


def test_deletes_failed_searches_that_nobody_made_for_half_a_year() -> None:
    """They were kept for ever. Seen failing."""
    for text, days in (("fax", 181), ("pager", 179)):
        Miss.objects.create(text=text, last_at=timezone.now() - timedelta(days=days), n_times=9)

    tasks.purge()

    assert [each.text for each in Miss.objects.all()] == ["pager"]


def test_deletes_feedback_that_is_half_a_year_old() -> None:
    """Its comments were kept for ever. Seen failing."""
    article = Article.objects.earliest("pk")
    for text, days in (("old", 181), ("new", 179)):
        at = timezone.now() - timedelta(days=days)
        Feedback.objects.create(article=article, has_helped=False, text=text, at=at)

    tasks.purge()

    assert [each.text for each in Feedback.objects.all()] == ["new"]


def test_is_scheduled() -> None:
    assert tasks.purge.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
