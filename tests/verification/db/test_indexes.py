"""Tests for the indexes of the tables that every sign-in writes: each entry of each index is written and kept."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from verification import audit
from verification.audit import Event
from verification.models.audit import FREQUENT

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

HOT = (
    "accounts_session",
    *("verification_challenge", "verification_counter", "verification_failure"),
    *("verification_enrolment", "verification_auditevent", "verification_message"),
)


@pytest.mark.parametrize("table", HOT)
def test_no_table_of_a_sign_in_has_an_index_for_like_that_nobody_asked_for(table: str) -> None:
    """Django adds one to each text that is unique or has an index. Seen failing for sessions and enrolments."""
    assert [name for name in _indexes(table) if name.endswith("_like")] == []


def test_only_the_user_of_a_session_changes_an_index() -> None:
    """The key and the end change at each sign-in. Seen failing when both had an index.

    A half signed-in session has no user, and is not in that index. Seen failing with an index of all.
    """
    definitions = _indexes("accounts_session").values()

    assert sorted(each.partition(" btree ")[2] for each in definitions) == [
        "(ref)",
        "(user_id) WHERE (user_id IS NOT NULL)",
    ]


def test_nothing_that_an_answer_changes_is_in_an_index_of_challenges() -> None:
    """The end of a challenge would need an entry in each of them. Seen failing with the state in one's condition."""
    definitions = _indexes("verification_challenge").values()

    assert sorted(each.partition(" btree ")[2] for each in definitions) == [
        "(binding, purpose, number)",
        "(enrolment_id)",
        "(id)",
        "(network varchar_pattern_ops, issued_at)",
        "(user_id, issued_at DESC)",
    ]


def test_what_people_do_for_themselves_is_not_in_the_index_of_staff() -> None:
    definition = _indexes("verification_auditevent")["audit_of_staff"]

    assert "WHERE" in definition
    assert "actor_id = user_id" in definition


def test_what_each_sign_in_does_is_not_in_the_index_of_kinds() -> None:
    """But what is looked for by its kind is found there. Seen failing with an index of all kinds."""
    frequent, rare = {"challenge.issued", "sign_in.completed"}, ("support.blocked", "sign_in.denied")
    now = timezone.now()

    assert set(FREQUENT) == frequent
    for rows in (audit.since(now, of=[Event(kind, "", "") for kind in rare]), audit.since(now, prefix="support.")):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            assert "kind_at_idx" in rows.explain()


def _indexes(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table])
        return dict(cursor.fetchall())
