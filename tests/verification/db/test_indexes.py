"""Tests for the indexes of the tables that every sign-in writes: each entry of each index is written and kept."""

import pytest
from django.db import connection

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
    """The key and the end change at each sign-in. Seen failing when both had an index."""
    definitions = _indexes("accounts_session").values()

    assert sorted(each.rpartition("(")[2] for each in definitions) == ["ref)", "user_id)"]


def test_what_people_do_for_themselves_is_not_in_the_index_of_staff() -> None:
    definition = _indexes("verification_auditevent")["audit_of_staff"]

    assert "WHERE" in definition
    assert "actor_id = user_id" in definition


def _indexes(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table])
        return dict(cursor.fetchall())
