"""Options at sign-in: in order, with what stands in the way of each, and one that is asked first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.verification.conftest import EngineUser
from tests.verification.enrolments.conftest import default, fail, options
from verification import enrolments, method_registry
from verification.models import Enrolment


def test_options_stand_in_the_order_of_the_methods(ana: EngineUser) -> None:
    enrolments.issue_recovery_codes(ana.user, ana.context, method_name="recovery")

    assert [option.method for option in options(ana)] == ["text", "call", "totp", "recovery"]


def test_option_is_named_by_method_and_hint(ana: EngineUser) -> None:
    enrolments.rename(ana.enrolment("totp"), "old phone", ana.context)

    assert [option.label for option in options(ana)] == [
        f"{method_registry.method('text').label} •••\xa0••\xa034",
        f"{method_registry.method('call').label} •••\xa0••\xa034",
        f"{method_registry.method('totp').label} (old phone)",
    ]


def test_forbidden_and_uninstalled_methods_are_no_options(ana: EngineUser) -> None:
    Enrolment.objects.filter(method="totp").update(method="pigeon")

    found = enrolments.options(enrolments.confirmed(ana.user.pk), ["text", "pigeon"], now=ana.context.now)

    assert [option.method for option in found] == ["text"]


def test_option_says_that_it_is_off_or_waits(ana: EngineUser) -> None:
    later = ana.later(minutes=4).context.now
    fail(ana, "text", locked_at=ana.context.now)
    fail(ana, "totp", next_at=later)

    found = {option.method: (option.is_locked, option.retry_at) for option in options(ana)}

    assert found == {"text": (True, None), "call": (False, None), "totp": (False, later)}


def test_row_holds_nothing_but_its_fields(ana: EngineUser) -> None:
    """What was read beside an enrolment travels beside it, so that no behaviour depends on how a row was loaded."""
    fail(ana, "text", locked_at=ana.context.now)

    found = {option.method: option for option in options(ana)}

    columns = {field.attname for field in Enrolment._meta.concrete_fields} | {"_state"}
    assert set(vars(found["text"].enrolment)) <= columns
    assert found["text"].limits == enrolments.EnrolmentLimits(is_locked=True)


def test_wait_that_is_over_is_not_told(ana: EngineUser) -> None:
    fail(ana, "totp", next_at=ana.context.now)

    assert {option.method: option.retry_at for option in options(ana)} == {"text": None, "call": None, "totp": None}


@pytest.mark.usefixtures("switches_known")
def test_reading_takes_one_statement(ana: EngineUser, django_assert_num_queries: Any) -> None:
    rules = ana.rules

    with django_assert_num_queries(1):
        enrolments.options(enrolments.confirmed(ana.user.pk), rules.methods, now=ana.context.now)


def test_first_method_that_was_set_up_is_asked_first(ana: EngineUser) -> None:
    assert default(ana) == "text"


def test_what_waits_is_asked_last(ana: EngineUser) -> None:
    fail(ana, "text", next_at=ana.later(minutes=1).context.now)

    assert default(ana) == "call"


def test_what_is_off_is_not_asked(ana: EngineUser) -> None:
    for name in ("text", "call", "totp"):
        fail(ana, name, locked_at=ana.context.now)

    assert default(ana) == ""


def test_codes_for_bad_days_are_asked_only_when_nothing_else_can_be(ana: EngineUser) -> None:
    enrolments.issue_recovery_codes(ana.user, ana.context, method_name="recovery")
    for name in ("text", "call"):
        fail(ana, name, locked_at=ana.context.now)
    assert default(ana) == "totp"

    fail(ana, "totp", locked_at=ana.context.now)

    assert default(ana) == "recovery"


def test_says_the_end_of_a_wait_in_whole_minutes(ana: EngineUser) -> None:
    """Seen failing: the list said 09:09 where the notice above it said 09:10, and 09:09 was too early."""
    ana = _in_the_morning(ana)
    assert options(ana)[0].locked_until == ""

    fail(ana, "text", next_at=ana.context.now + timedelta(minutes=8, seconds=10))

    assert options(ana)[0].locked_until == "09:09 CET"


def test_names_the_day_of_a_wait_that_ends_on_another(ana: EngineUser) -> None:
    """It showed the time alone, as if it were today."""
    ana = _in_the_morning(ana)
    fail(ana, "text", next_at=ana.context.now + timedelta(days=2))

    assert options(ana)[0].locked_until == "4 March 2026, 09:01 CET"


def _in_the_morning(ana: EngineUser) -> EngineUser:
    return replace(ana, context=replace(ana.context, now=datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)))
