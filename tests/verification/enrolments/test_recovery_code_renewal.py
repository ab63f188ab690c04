"""Sets of single-use recovery codes."""

from datetime import timedelta

from tests.verification.conftest import EngineUser
from verification import enrolments
from verification.models import Enrolment, SingleUseCode


def test_pass_is_no_recovery_code(who: EngineUser) -> None:
    """Seen failing with the single-use codes of every method counted."""
    ends = who.context.now + timedelta(minutes=10)
    enrolments.issue_pass(who.user, {}, who.context, starts_at=who.context.now, ends_at=ends, actor_id=who.user.pk)

    assert enrolments.recovery_codes_left(who.user.pk) == 0


def test_new_codes_kill_the_old_set(who: EngineUser) -> None:
    old = enrolments.issue_recovery_codes(who.user, who.context, method_name="recovery")
    new = enrolments.issue_recovery_codes(who.user, who.context, method_name="recovery")

    assert not set(old) & set(new)
    assert enrolments.recovery_codes_left(who.user.pk) == 10
    assert Enrolment.objects.count() == 1


def test_session_that_ends_while_codes_are_hashed_gets_none(who: EngineUser) -> None:
    """Seen failing: support cleared the account, and a thief whose request had begun got codes that outlived it."""
    enrolments.raise_epoch(type(who.user).objects.get(pk=who.user.pk))  # the thief's request has read the former one

    assert enrolments.issue_recovery_codes(who.user, who.context, method_name="recovery", replaces="") == ()
    assert enrolments.recovery_codes_left(who.user.pk) == 0


def test_codes_rest_as_hashes(who: EngineUser) -> None:
    codes = enrolments.issue_recovery_codes(who.user, who.context, method_name="recovery")
    rows = str(list(SingleUseCode.objects.values()))

    assert all(code not in rows and code[:8] not in rows for code in codes)
    assert "argon2" in rows


def test_backup_method_is_named_where_it_is_allowed() -> None:
    assert enrolments.backup_method(["totp", "recovery"]) == "recovery"
    assert enrolments.backup_method(["totp"]) == ""
