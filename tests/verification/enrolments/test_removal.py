"""Removing methods without locking anyone out, and clearing those of a lost phone, or all of them."""

from django.db import transaction

from tests.verification.conftest import EngineUser
from tests.verification.enrolments.conftest import default, methods
from verification import enrolments
from verification.limits.incorrect_codes_and_lockouts import _ALL_LOCKED, DAYS
from verification.models import AuditEvent, Enrolment, Failure, Message


def remove(engine_user: EngineUser, method: str, *, one_must_stay: bool = True) -> bool:
    enrolment = Enrolment.objects.select_related("user").get(user=engine_user.user, method=method)
    return enrolments.remove(
        enrolment, engine_user.context, allowed=engine_user.rules.methods, one_must_stay=one_must_stay
    )


def test_removing_ends_what_was_proven_by_it(ana: EngineUser) -> None:
    assert remove(ana, "totp")

    assert methods(ana) == ["text", "call"]
    ana.user.refresh_from_db()
    assert ana.user.epoch == 2
    assert Message.objects.filter(template="verification/notices/to_person/method_removed.txt").count() == 1
    assert AuditEvent.objects.get(kind="enrolment.removed").detail["method"] == "totp"


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
        assert remove(ana, name, one_must_stay=False)

    assert methods(ana) == []


# Clearing -------------------------------------------------------------------------------------------------------------


def clear(engine_user: EngineUser, *, only: str = "") -> int:
    """Clear a person's methods, or those of one number. Return how many went."""
    with transaction.atomic():
        gone = enrolments.clear(engine_user.user, only=engine_user.enrolment(only) if only else None)
    engine_user.user.refresh_from_db()
    return len(gone)


def locked(engine_user: EngineUser) -> set[str]:
    rows = Failure.objects.filter(user=engine_user.user, locked_at__isnull=False)
    return set(rows.values_list("method", flat=True))


def test_clearing_leaves_no_method_and_no_session(ana: EngineUser) -> None:
    for method in ("totp", _ALL_LOCKED, DAYS):
        Failure.objects.create(user=ana.user, method=method, consecutive=30, locked_at=ana.context.now)

    assert clear(ana) == 3

    assert not Enrolment.objects.filter(user=ana.user).exists()
    assert (ana.user.epoch, ana.user.n_methods) == (2, 0)
    assert locked(ana) == set()


def test_clearing_one_number_clears_all_that_it_receives(ana: EngineUser) -> None:
    for method in ("text", "totp", _ALL_LOCKED):
        Failure.objects.create(user=ana.user, method=method, consecutive=30, locked_at=ana.context.now)

    assert clear(ana, only="call") == 2

    assert (methods(ana), ana.enrolment("totp").is_default, ana.user.epoch, ana.user.n_methods) == (
        ["totp"],
        True,
        2,
        1,
    )
    assert locked(ana) == {"totp", _ALL_LOCKED}


def test_clearing_an_app_leaves_the_phone(ana: EngineUser) -> None:
    assert clear(ana, only="totp") == 1

    assert (methods(ana), default(ana)) == (["text", "call"], "text")


def test_clearing_a_token_keeps_it_for_its_owner(ana: EngineUser) -> None:
    Enrolment.objects.filter(user=ana.user).update(is_default=False)
    token = Enrolment.objects.create(
        user=ana.user, method="token", confirmed=True, confirmed_at=ana.context.now, is_default=True, data={"step": 30}
    )

    assert clear(ana) == 4

    token.refresh_from_db()
    assert (token.user, token.confirmed, token.confirmed_at, token.is_default) == (ana.user, False, None, False)
