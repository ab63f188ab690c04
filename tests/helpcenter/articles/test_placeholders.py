"""Tests of the placeholders in articles, and of what replaces them."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group

from accounts.models import User
from helpcenter import articles
from helpcenter.models import Article, Contact
from verification import method_registry
from verification.method_capabilities import Backup


def test_places_are_filled_and_unknown_ones_stay() -> None:
    assert articles.fill("{days} days, {whatever}", {"days": "14"}) == "14 days, {whatever}"


@pytest.mark.usefixtures("db")
def test_no_place_is_left_unfilled() -> None:
    places = articles.places()
    left = [row.slug for row in Article.objects.all() if "{" in articles.fill(row.body + row.summary, places)]

    assert left == []


def test_sender_without_a_number_is_the_organisation(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """Seen failing with the support desk named as the sender of texts."""
    monkeypatch.setattr(settings, "SENDER_NUMBERS", ())
    assert articles.places()["senders"] == "Example Organisation"

    monkeypatch.setattr(settings, "SENDER_NUMBERS", ("+41445550100", "Example", "Example"))
    assert articles.places()["senders"] == "+41445550100, Example"


@pytest.mark.usefixtures("db")
def test_article_says_how_many_recovery_codes_a_set_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing with the number in the article."""
    (method,) = method_registry.having(Backup)
    monkeypatch.setattr(method, "n_codes", 12)

    article = Article.objects.get(slug="recovery-codes")

    assert "You get 12," in articles.fill(article.body, articles.places())


@pytest.mark.usefixtures("db")
def test_contact_is_the_reader_s_own_desk() -> None:
    """Seen with the general desk in the articles, beside the reader's own one at the side."""
    north, ana = Group.objects.create(name="North"), User.objects.create(username="ana")
    ana.groups.add(north)
    Contact.objects.create(name="Desk", phone="+41 44 555 01 01")
    Contact.objects.create(group=north, name="Desk North", phone="+41 44 555 01 09")

    assert articles.places(ana)["support_contact"].replace("\xa0", " ") == "Desk North (+41 44 555 01 09)"
    assert articles.places()["support_contact"].replace("\xa0", " ") == "Desk (+41 44 555 01 01)"
