"""Tests that new and revised articles are loaded, and that an edited one stays."""

from typing import Any

import pytest
from django.apps.registry import Apps

from helpcenter import article_files, articles
from helpcenter.management import articles_after_migrate
from helpcenter.models import Article


@pytest.mark.usefixtures("db")
def test_new_database_has_them_all() -> None:
    assert {(row.slug, row.shipped) for row in Article.objects.all()} == {
        (each.slug, each.digest) for each in article_files.articles()
    }


@pytest.mark.usefixtures("db")
def test_loading_twice_changes_nothing(django_assert_num_queries: Any) -> None:
    Article.objects.all().delete()
    first = articles.load()

    assert first == (len(article_files.articles()), 0, 0)
    with django_assert_num_queries(1):
        assert articles.load() == (0, 0, 0)


@pytest.mark.usefixtures("db")
def test_nothing_is_loaded_while_its_table_is_not_there() -> None:
    Article.objects.all().delete()

    articles_after_migrate.load_articles(apps=Apps())

    assert not Article.objects.exists()


@pytest.mark.usefixtures("db")
def test_what_the_organisation_edited_stays() -> None:
    Article.objects.filter(slug="no-text").update(body="Our own words.", shipped="older")

    assert articles.load() == (0, 0, 1)
    assert Article.objects.get(slug="no-text").body == "Our own words."


@pytest.mark.usefixtures("db")
def test_untouched_article_of_an_older_release_is_renewed() -> None:
    row = Article.objects.get(slug="no-text")
    row.body = "Older words."
    row.shipped = ""
    row.save()
    as_loaded = articles.is_edited(row)
    assert as_loaded
    Article.objects.filter(pk=row.pk).update(shipped=articles.digest(row))

    assert articles.load() == (0, 1, 0)
    assert Article.objects.get(slug="no-text").body != "Older words."
