"""Tests that the text before a change is kept, and brought back."""

import pytest
from django.utils import timezone

from helpcenter import articles
from helpcenter.models import Article, Audience, Version


@pytest.mark.usefixtures("db")
def test_earlier_text_is_kept_and_brought_back() -> None:
    row = Article.objects.get(slug="no-text")
    former = row.body
    row.body = "New words."
    articles.keep_version(row, user_id=None, now=timezone.now())
    row.save()

    articles.restore(Version.objects.get(), user_id=None, now=timezone.now())

    assert Article.objects.get(slug="no-text").body == former
    assert Version.objects.latest("pk").body == "New words."


@pytest.mark.usefixtures("db")
def test_summary_is_kept_and_brought_back_too() -> None:
    """Seen failing: without a change of the title or text, no version was kept, and the summary was lost."""
    row = Article.objects.get(slug="no-text")
    former, row.summary = row.summary, "New summary."
    articles.keep_version(row, user_id=None, now=timezone.now())
    row.save()

    articles.restore(Version.objects.get(), user_id=None, now=timezone.now())

    assert Article.objects.get(slug="no-text").summary == former
    assert Version.objects.latest("pk").summary == "New summary."


@pytest.mark.usefixtures("db")
def test_an_earlier_text_changes_nothing_else() -> None:
    """Seen failing: an article that somebody had just limited to staff was shown to everyone again."""
    row = Article.objects.get(slug="no-text")
    Version.objects.create(article=row, title=row.title, body="Older words.", replaced_at=timezone.now())
    version = Version.objects.select_related("article").get()
    Article.objects.update(audience=Audience.SUPPORT)

    articles.restore(version, user_id=None, now=timezone.now())

    row.refresh_from_db()
    assert (row.body, row.audience) == ("Older words.", Audience.SUPPORT)
