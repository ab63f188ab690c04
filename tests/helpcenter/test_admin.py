"""Tests of the list of help articles in the admin, where editors work."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory

from helpcenter import home
from helpcenter.admin import ArticleAdmin
from helpcenter.models import Article, Feedback

pytestmark = pytest.mark.django_db


def _helped(rf: RequestFactory) -> Any:
    columns = ArticleAdmin(Article, site).get_list_display(rf.get("/"))
    return next(column for column in columns if callable(column) and column.__name__ == "helped")


def test_list_says_how_many_readers_an_article_helped(rf: RequestFactory) -> None:
    read, unread = Article.objects.order_by("pk")[:2]
    Feedback.objects.bulk_create(Feedback(article=read, has_helped=helped) for helped in (True, True, False))

    column = _helped(rf)

    assert [column(read), column(unread)] == ["2 of 3", "–"]


def test_list_counts_once_a_page(rf: RequestFactory, django_assert_num_queries: Any) -> None:
    articles = Article.objects.order_by("pk")[:5]
    column = _helped(rf)

    with django_assert_num_queries(2):
        for article in articles:
            column(article)


@pytest.mark.parametrize(
    ("topic", "language", "names"),
    [
        ("messages", "en", ["Texts and calls", "English"]),
        ("staff", "en", ["For staff", "English"]),
        ("gardening", "xx", ["gardening", "xx"]),
    ],
)
def test_list_names_topic_and_language_as_readers_see_them(topic: str, language: str, names: list[str]) -> None:
    editor = ArticleAdmin(Article, site)
    article = Article(topic=topic, language=language)

    assert [str(editor.topic_shown(article)), editor.language_shown(article)] == names


def test_topic_is_chosen_by_name_and_an_unknown_one_stays(rf: RequestFactory) -> None:
    article = Article.objects.order_by("pk")[0]
    Article.objects.filter(pk=article.pk).update(topic="gardening")
    editor = ArticleAdmin(Article, site)

    choices = editor.formfield_for_dbfield(Article._meta.get_field("topic"), rf.get("/")).widget.choices

    named = {stored: str(name) for stored, name in choices}
    assert (named["messages"], named["gardening"]) == (str(home.TOPICS["messages"]), "gardening")


def test_new_article_shows_nothing_that_it_does_not_have_yet(rf: RequestFactory) -> None:
    editor = ArticleAdmin(Article, site)

    assert editor.get_readonly_fields(rf.get("/")) == ()
    assert "preview" in editor.get_readonly_fields(rf.get("/"), Article())
