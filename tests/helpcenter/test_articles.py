"""Tests of help articles: those in the repository, how `migrate` loads them, and how they are shown."""

import ast
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from helpcenter import articles, shipped_articles
from helpcenter.management import after_migrate
from helpcenter.models import Article, Audience, Contact, Version
from tests.infrastructure import syntax_trees
from verification.models import FailureReason, MessageState
from verification.outcomes import Verdict
from verification.policies import DecisionReason

ALL = shipped_articles.articles()
SLUGS = {article.slug for article in ALL}


def test_reads_easily_and_has_no_dead_link() -> None:
    call_command("check_articles", stdout=StringIO())


def test_each_outcome_has_its_article() -> None:
    silent = {MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.SENT, MessageState.RINGING}
    silent |= {MessageState.ANSWERED, MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.UNKNOWN}
    wanted = {f"verdict:{verdict}" for verdict in Verdict} | {f"why:{why}" for why in DecisionReason}
    wanted |= {f"delivery:{reason}" for reason in FailureReason}
    wanted |= {f"delivery:{state}" for state in MessageState if state not in silent}

    assert wanted - set(shipped_articles.by_outcome()) == set()


def test_each_refusal_of_a_page_has_its_article() -> None:
    """A warning or an error that a page leaves says which outcome it is, and that outcome has an article."""
    home, without = Path(settings.BASE_DIR) / "accounts", []
    for file in [*(home / "portal").rglob("*.py"), *(home / "signin").rglob("*.py")]:
        for call in syntax_trees.nodes(file):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in {"messages.warning", "messages.error"}:
                tags = [ast.literal_eval(each.value) for each in call.keywords if each.arg == "extra_tags"]
                if not tags or tags[0] not in shipped_articles.by_outcome():
                    without.append(f"{file.name}:{call.lineno}")

    assert without == []


def test_no_outcome_has_two_articles() -> None:
    named = [outcome for article in ALL for outcome in article.outcomes]

    assert len(named) == len(set(named))


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_leads_to_articles_that_exist(slug: str) -> None:
    article = next(a for a in ALL if a.slug == slug)

    assert shipped_articles.linked(article) <= SLUGS
    assert len(article.summary) <= 250


@pytest.mark.usefixtures("db")
def test_new_database_has_them_all() -> None:
    assert {(row.slug, row.shipped) for row in Article.objects.all()} == {(each.slug, each.digest) for each in ALL}


@pytest.mark.usefixtures("db")
def test_loading_twice_changes_nothing(django_assert_num_queries: Any) -> None:
    Article.objects.all().delete()
    first = articles.load()

    assert first == (len(ALL), 0, 0)
    with django_assert_num_queries(1):
        assert articles.load() == (0, 0, 0)


@pytest.mark.usefixtures("db")
def test_nothing_is_loaded_while_its_table_is_not_there() -> None:
    Article.objects.all().delete()

    after_migrate.load_articles(apps=Apps())

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


@pytest.mark.parametrize(
    ("body", "headings"),
    [
        ("## Android\n\n## Android", [("android", "Android"), ("android-2", "Android")]),
        ("## Android 2\n\n### Android\n\n## Android", [("android-2", "Android 2"), ("android-3", "Android")]),
        ("## The **code**, `ABC` and [more](/help/x/)", [("the-code-abc-and-more", "The code, ABC and more")]),
        ("## Телефон\n\n## ?", [("телефон", "Телефон"), ("part", "?")]),
    ],
    ids=["twice", "with a number", "marked", "other script"],
)
def test_contents_lead_to_each_heading(body: str, headings: list[tuple[str, str]]) -> None:
    """Seen failing: equal headings had the same id, some had an empty one, and the contents showed Markdown's signs."""
    rendered = articles.render(body, {})

    assert [(heading.id, heading.text) for heading in rendered.headings] == headings
    ids = re.findall(r'id="([^"]*)"', rendered.html)
    assert len(ids) == len(set(ids))
    assert {heading.id for heading in rendered.headings} <= set(ids)


@pytest.mark.usefixtures("db")
def test_no_heading_has_an_id_of_the_page(client: Client) -> None:
    """Seen failing: a link to the heading “Related” led to the related articles."""
    Article.objects.filter(slug="no-text").update(body="## Main\n\n## Places\n\n## Helpful\n\n## Related")

    ids = re.findall(r' id="([^"]*)"', client.get("/help/no-text/").content.decode())

    assert {"main", "main-2", "helpful", "helpful-2", "related", "related-2"} <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "![x](data:text/html,x)"],
)
def test_markdown_is_safe(evil: str) -> None:
    html = articles.render(evil, {}).html

    assert "<script" not in html
    assert "javascript:" not in html.replace("&", "") or "<a" not in html
    assert "<img" not in html or "data:" not in html


def test_places_are_filled_and_unknown_ones_stay() -> None:
    assert articles.fill("{days} days, {whatever}", {"days": "14"}) == "14 days, {whatever}"


@pytest.mark.usefixtures("db")
def test_no_place_is_left_unfilled() -> None:
    places = articles.places()
    left = [row.slug for row in Article.objects.all() if "{" in articles.fill(row.body + row.summary, places)]

    assert left == []


@pytest.mark.usefixtures("db")
def test_article_is_out_between_its_dates_only() -> None:
    now = timezone.now()
    Article.objects.filter(slug="no-text").update(publish_at=now + timedelta(hours=1))
    Article.objects.filter(slug="no-call").update(withdraw_at=now)

    shown = set(articles.published(None, now=now).values_list("slug", flat=True))

    assert not {"no-text", "no-call"} & shown


def test_sender_without_a_number_is_the_organisation(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """Seen failing with the support desk named as the sender of texts."""
    monkeypatch.setattr(settings, "SENDER_NUMBERS", ())
    assert articles.places()["senders"] == "Example Organisation"

    monkeypatch.setattr(settings, "SENDER_NUMBERS", ("+41445550100", "Example", "Example"))
    assert articles.places()["senders"] == "+41445550100, Example"


@pytest.mark.usefixtures("db")
def test_contact_is_the_reader_s_own_desk() -> None:
    """Seen with the general desk in the articles, beside the reader's own one at the side."""
    north, ana = Group.objects.create(name="North"), User.objects.create(username="ana")
    ana.groups.add(north)
    Contact.objects.create(name="Desk", phone="+41 44 555 01 01")
    Contact.objects.create(group=north, name="Desk North", phone="+41 44 555 01 09")

    assert articles.places(ana)["support_contact"].replace("\xa0", " ") == "Desk North (+41 44 555 01 09)"
    assert articles.places()["support_contact"].replace("\xa0", " ") == "Desk (+41 44 555 01 01)"
