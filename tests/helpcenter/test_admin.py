"""Tests of the list of help articles in the admin, where editors work."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory

from helpcenter import home_page_topics
from helpcenter.admin import ArticleAdmin
from helpcenter.models import Article, Feedback
from tests.simulated.people import Clock

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


def _columns(rf: RequestFactory) -> list[Any]:
    columns = ArticleAdmin(Article, site).get_list_display(rf.get("/"))
    return [getattr(column, "__name__", column) for column in columns]


def test_list_has_a_column_of_languages_only_if_there_are_several(rf: RequestFactory) -> None:
    assert "language_shown" not in _columns(rf)

    Article.objects.create(slug="hilfe", language="de", title="Hilfe", topic="messages")

    assert "language_shown" in _columns(rf)


def test_list_says_what_readers_do_not_see_now(clock: Clock) -> None:
    """An article that was withdrawn looked like all others."""
    editor, day = ArticleAdmin(Article, site), timedelta(days=1)
    now, later, before = (
        Article(slug="a", publish_at=clock.now - 2 * day),
        Article(slug="b", publish_at=clock.now + day),
        Article(slug="c", publish_at=clock.now - 2 * day, withdraw_at=clock.now - day),
    )

    found = [str(editor.state(article)).count("sub") for article in (now, later, before)]

    assert found == [0, 1, 1]
    assert "3 Mar 2026" in editor.state(later)
    assert "1 Mar 2026" in editor.state(before)


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
    assert (named["messages"], named["gardening"]) == (str(home_page_topics.TOPICS["messages"]), "gardening")


def test_new_article_shows_nothing_that_it_does_not_have_yet(rf: RequestFactory) -> None:
    editor = ArticleAdmin(Article, site)

    assert editor.get_readonly_fields(rf.get("/")) == ()
    assert "preview" in editor.get_readonly_fields(rf.get("/"), Article())
