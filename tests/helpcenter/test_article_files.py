"""Tests of the articles in the repository: easy to read, with links that work, and one for each outcome."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from helpcenter import article_files
from tests.infrastructure import syntax_trees
from verification.models import FailureReason, MessageState
from verification.outcomes import Verdict
from verification.policies import DecisionReason

ALL = article_files.articles()
SLUGS = {article.slug for article in ALL}


def test_reads_easily_and_has_no_dead_link() -> None:
    call_command("check_articles", stdout=StringIO())


def test_each_outcome_has_its_article() -> None:
    silent = {MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.SENT, MessageState.RINGING}
    silent |= {MessageState.ANSWERED, MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.UNKNOWN}
    wanted = {f"verdict:{verdict}" for verdict in Verdict} | {f"why:{why}" for why in DecisionReason}
    wanted |= {f"delivery:{reason}" for reason in FailureReason}
    wanted |= {f"delivery:{state}" for state in MessageState if state not in silent}

    assert wanted - set(article_files.by_outcome()) == set()


def test_each_refusal_of_a_page_has_its_article() -> None:
    """A warning or an error that a page leaves says which outcome it is, and that outcome has an article."""
    home, without = Path(settings.BASE_DIR) / "accounts", []
    for file in [*(home / "portal").rglob("*.py"), *(home / "signin").rglob("*.py")]:
        for call in syntax_trees.nodes(file):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in {"messages.warning", "messages.error"}:
                tags = [ast.literal_eval(each.value) for each in call.keywords if each.arg == "extra_tags"]
                if not tags or tags[0] not in article_files.by_outcome():
                    without.append(f"{file.name}:{call.lineno}")

    assert without == []


def test_no_outcome_has_two_articles() -> None:
    named = [outcome for article in ALL for outcome in article.outcomes]

    assert len(named) == len(set(named))


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_leads_to_articles_that_exist(slug: str) -> None:
    article = next(a for a in ALL if a.slug == slug)

    assert article_files.linked(article) <= SLUGS
    assert len(article.summary) <= 250
