"""Removing methods without locking anyone out."""

from tests.verification.conftest import EngineUser
from tests.verification.enrolments.conftest import default, methods
from verification import enrolments
from verification.models import Enrolment, Message


def remove(engine_user: EngineUser, method: str, *, must_keep_one: bool = True) -> bool:
    enrolment = Enrolment.objects.select_related("user").get(user=engine_user.user, method=method)
    return enrolments.remove(
        enrolment, engine_user.context, allowed=engine_user.rules.methods, must_keep_one=must_keep_one
    )


def test_removing_ends_what_was_proven_by_it(ana: EngineUser) -> None:
    assert remove(ana, "totp")

    assert methods(ana) == ["text", "call"]
    ana.user.refresh_from_db()
    assert ana.user.epoch == 2
    assert Message.objects.filter(template="verification/notices/method_removed.txt").count() == 1


def test_default_moves_to_what_is_left(ana: EngineUser) -> None:
    remove(ana, "text")

    assert default(ana) == "call"
    assert Enrolment.objects.get(user=ana.user, is_default=True).method == "call"


def test_last_way_in_stays_where_one_is_required(ana: EngineUser) -> None:
    remove(ana, "text")
    remove(ana, "call")

    assert not remove(ana, "totp")
    assert methods(ana) == ["totp"]


def test_codes_for_bad_days_are_no_way_in(ana: EngineUser) -> None:
    enrolments.issue_recovery_codes(ana.user, ana.context, method_name="recovery")
    remove(ana, "text")
    remove(ana, "call")

    assert not remove(ana, "totp")
    assert remove(ana, "recovery")


def test_last_one_may_go_where_none_is_required(ana: EngineUser) -> None:
    for name in ("text", "call", "totp"):
        assert remove(ana, name, must_keep_one=False)

    assert methods(ana) == []
