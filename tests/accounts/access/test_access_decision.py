"""Tests of the access decision: every branch, and what must hold for all authentications and requirements."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest

from accounts.access import (
    AccessDecision,
    AccessReason,
    AccessStep,
    AuthenticationContext,
    Demand,
    Requirement,
    Verification,
    decide,
)
from accounts.access.acr_and_amr_values import ACR_PASSWORD, ACR_PHISHING_RESISTANT, ACR_SECOND_STEP
from verification.policies import DecisionReason
from verification.strengths import NO_PHONE, PASSWORD, PHISHING_RESISTANT, SECOND_STEP, AuthenticationStrength

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
OWN = AuthenticationStrength(slug="token-or-app", label="Token or app", names=frozenset({"token", "totp"}))


def _authentication(why: str = DecisionReason.REQUIRED, /, **ages: timedelta) -> AuthenticationContext:
    verified = tuple(Verification(method=method, at=NOW - age) for method, age in ages.items())
    return AuthenticationContext(ref="a" * 32, user_id=1, epoch=1, verified=verified, why=why)


def _decide(
    authentication: AuthenticationContext | None,
    strength: AuthenticationStrength = SECOND_STEP,
    *,
    owned: tuple[str, ...] | None = (),
    is_allowed: bool = True,
    refusal: str = "",
    rounds: int = 0,
    **more: Any,
) -> AccessDecision:
    requirement = replace(Requirement(strength=strength), **more)
    return decide(authentication, owned, requirement, is_allowed=is_allowed, refusal=refusal, now=NOW, rounds=rounds)


def _said(answer: AccessDecision) -> tuple[AccessStep, AccessReason, tuple[str, ...]]:
    return answer.step, answer.reason, answer.methods


def test_asks_a_stranger_to_sign_in() -> None:
    answer = _decide(None, PHISHING_RESISTANT, owned=None)

    assert _said(answer) == (AccessStep.ASK, AccessReason.SIGNED_OUT, ("passkey",))


def test_says_what_a_sign_in_would_have_to_meet() -> None:
    assert _said(_decide(None, owned=("text",))) == (AccessStep.ASK, AccessReason.SIGNED_OUT, ("text",))
    assert _decide(None, PHISHING_RESISTANT, owned=("text",)).step is AccessStep.ENROL


@pytest.mark.parametrize("strength", [PASSWORD, SECOND_STEP])
def test_grants_nothing_without_facts(strength: AuthenticationStrength) -> None:
    assert _decide(None, strength, owned=("totp",)).step is AccessStep.ASK


@pytest.mark.parametrize(("refusal", "reason"), [("blocked", AccessReason.BLOCKED), ("locked", AccessReason.LOCKED)])
def test_refuses_a_blocked_or_locked_person_before_anything_else(refusal: str, reason: AccessReason) -> None:
    answer = _decide(_authentication(password=MINUTE, passkey=MINUTE), PASSWORD, refusal=refusal)

    assert _said(answer) == (AccessStep.REFUSE, reason, ())


def test_refuses_a_person_of_another_group() -> None:
    answer = _decide(_authentication(password=MINUTE, passkey=MINUTE), PASSWORD, is_allowed=False)

    assert _said(answer) == (AccessStep.REFUSE, AccessReason.NOT_ALLOWED, ())


@pytest.mark.parametrize(
    ("method", "amr", "acr"),
    [
        ("totp", ("pwd", "otp", "mfa"), ACR_SECOND_STEP),
        ("text", ("pwd", "sms", "mfa"), ACR_SECOND_STEP),
        ("call", ("pwd", "tel", "mfa"), ACR_SECOND_STEP),
        ("recovery", ("pwd", "otp", "mfa"), ACR_SECOND_STEP),
        ("passkey", ("pwd", "hwk", "mfa"), ACR_PHISHING_RESISTANT),
    ],
)
def test_tells_what_was_verified(method: str, amr: tuple[str, ...], acr: str) -> None:
    answer = _decide(_authentication(password=2 * MINUTE, **{method: MINUTE}))

    assert (answer.step, answer.reason, answer.acr, answer.amr) == (AccessStep.CONTINUE, AccessReason.MET, acr, amr)
    assert answer.auth_time == NOW - MINUTE


def test_tells_that_a_password_alone_is_a_password_alone() -> None:
    answer = _decide(_authentication(password=MINUTE), PASSWORD)

    assert (answer.acr, answer.amr, answer.auth_time) == (ACR_PASSWORD, ("pwd",), NOW - MINUTE)


def test_tells_no_password_where_none_was_entered() -> None:
    assert _decide(_authentication("alone", passkey=MINUTE)).amr == ("hwk", "mfa")


def test_auth_time_is_the_newest_verification_that_supports_the_acr() -> None:
    authentication = _authentication(password=3 * HOUR, passkey=2 * HOUR, text=HOUR)

    highest, named = _decide(authentication), _decide(authentication, acr=ACR_SECOND_STEP)

    assert (highest.acr, highest.auth_time) == (ACR_PHISHING_RESISTANT, NOW - 2 * HOUR)
    assert (named.acr, named.auth_time) == (ACR_SECOND_STEP, NOW - HOUR)


def test_a_request_cannot_name_an_acr_that_was_not_reached() -> None:
    answer = _decide(_authentication(password=MINUTE, totp=MINUTE), acr=ACR_PHISHING_RESISTANT)

    assert answer.acr == ACR_SECOND_STEP


@pytest.mark.parametrize(
    ("verified", "strength", "step"),
    [
        ("text", NO_PHONE, AccessStep.ASK),
        ("call", NO_PHONE, AccessStep.ASK),
        ("recovery", NO_PHONE, AccessStep.ASK),
        ("totp", NO_PHONE, AccessStep.CONTINUE),
        ("access_pass", NO_PHONE, AccessStep.CONTINUE),
        ("totp", PHISHING_RESISTANT, AccessStep.ASK),
        ("access_pass", PHISHING_RESISTANT, AccessStep.ASK),
        ("passkey", PHISHING_RESISTANT, AccessStep.CONTINUE),
        ("passkey", OWN, AccessStep.ASK),
        ("token", OWN, AccessStep.CONTINUE),
        ("totp", PASSWORD, AccessStep.CONTINUE),
    ],
)
def test_a_strength_is_a_set_of_methods(verified: str, strength: AuthenticationStrength, step: AccessStep) -> None:
    authentication = _authentication(password=MINUTE, **{verified: MINUTE})

    assert _decide(authentication, strength, owned=("totp", "token", "passkey")).step is step


def test_asks_only_for_methods_that_are_enough() -> None:
    answer = _decide(_authentication(password=MINUTE, text=MINUTE), NO_PHONE, owned=("text", "passkey", "totp"))

    assert _said(answer) == (AccessStep.ASK, AccessReason.TOO_WEAK, ("passkey", "totp"))


def test_asks_again_for_a_verification_that_is_too_old() -> None:
    authentication = _authentication(password=HOUR, totp=HOUR)

    assert _decide(authentication, owned=("totp",), max_age=HOUR).step is AccessStep.CONTINUE
    assert _said(_decide(authentication, owned=("totp",), max_age=HOUR - MINUTE)) == (
        AccessStep.ASK,
        AccessReason.TOO_OLD,
        ("totp",),
    )


def test_asks_again_if_a_new_verification_was_demanded() -> None:
    authentication = _authentication(password=HOUR, totp=HOUR)

    assert _decide(authentication, owned=("totp",), demand=Demand(at=NOW - HOUR)).step is AccessStep.CONTINUE
    assert (
        _decide(authentication, owned=("totp",), demand=Demand(at=NOW - HOUR + MINUTE)).reason is AccessReason.TOO_OLD
    )


def test_a_password_that_is_too_old_is_met_by_any_newer_method() -> None:
    assert (
        _decide(_authentication(password=HOUR, totp=MINUTE), PASSWORD, max_age=2 * MINUTE).step is AccessStep.CONTINUE
    )
    assert _decide(_authentication(password=HOUR), PASSWORD, max_age=MINUTE).methods == ("password",)
    assert _decide(_authentication(password=HOUR), PASSWORD, owned=("totp",), max_age=MINUTE).methods == ("totp",)


def test_reports_only_what_is_fresh_enough() -> None:
    """The application is not told of a passkey that is too old for it, nor of its strength."""
    answer = _decide(_authentication(password=3 * HOUR, passkey=2 * HOUR, text=MINUTE), max_age=HOUR)

    assert (answer.acr, answer.amr) == (ACR_SECOND_STEP, ("sms", "mfa"))


def test_a_verification_in_the_future_counts_for_nothing() -> None:
    assert _decide(_authentication(password=MINUTE, totp=-MINUTE), owned=("totp",)).step is AccessStep.ASK


def test_the_clock_of_another_web_host_may_be_a_little_ahead() -> None:
    """Seen failing without an allowance: the page after the sign-in, from another host, asked to verify again."""
    assert (
        _decide(_authentication(password=-SECOND, totp=-SECOND), owned=("totp",), max_age=MINUTE).step
        is AccessStep.CONTINUE
    )


@pytest.mark.parametrize("why", [DecisionReason.REMEMBERED, DecisionReason.TRUSTED_NETWORK])
def test_a_skipped_second_step_is_enough_where_the_application_says_so(why: DecisionReason) -> None:
    answer = _decide(_authentication(why, password=MINUTE), owned=("totp",))

    assert (answer.step, answer.reason) == (AccessStep.CONTINUE, AccessReason.SKIPPED)
    assert (answer.acr, answer.amr, answer.auth_time) == (ACR_PASSWORD, ("pwd",), NOW - MINUTE)


@pytest.mark.parametrize(
    "more",
    [
        {"remembered_counts": False},
        {"max_age": HOUR},
        {"demand": Demand(at=NOW - HOUR)},
        {"strength": NO_PHONE},
        {"strength": PHISHING_RESISTANT},
        {"strength": OWN},
    ],
    ids=["not-counted", "aged", "newer", "no-phone", "phishing-resistant", "own"],  # a set is in any order
)
@pytest.mark.parametrize("why", [DecisionReason.REMEMBERED, DecisionReason.TRUSTED_NETWORK])
def test_a_remembered_browser_never_counts_as_a_fresh_second_step(why: DecisionReason, more: dict[str, Any]) -> None:
    """Seen failing for each line with its condition left out of `_may_be_skipped`."""
    answer = _decide(_authentication(why, password=MINUTE), owned=("totp", "passkey"), **more)

    assert answer.step is AccessStep.ASK


@pytest.mark.parametrize("why", [DecisionReason.NOT_REQUIRED, DecisionReason.DEFERRED, DecisionReason.BYPASSED])
def test_who_needs_no_second_step_here_needs_one_there(why: DecisionReason) -> None:
    authentication = _authentication(why, password=MINUTE)

    assert _decide(authentication).step is AccessStep.ENROL
    assert _decide(authentication, owned=("totp",)).step is AccessStep.ASK
    assert _decide(authentication, PASSWORD).step is AccessStep.CONTINUE


def test_offers_to_set_up_what_is_enough_and_may_be_set_up() -> None:
    answer = _decide(_authentication(password=MINUTE), NO_PHONE, offered=("text", "totp"))

    assert _said(answer) == (AccessStep.ENROL, AccessReason.NO_METHOD, ("totp",))


def test_refuses_where_nothing_can_be_set_up() -> None:
    answer = _decide(_authentication(password=MINUTE), PHISHING_RESISTANT, offered=("text", "totp"))

    assert _said(answer) == (AccessStep.REFUSE, AccessReason.NO_METHOD_POSSIBLE, ())


@pytest.mark.parametrize(
    ("verified", "owned", "first"),
    [
        ({"password": MINUTE}, (), ()),
        ({"password": HOUR}, (), ("password",)),
        ({"password": MINUTE, "text": MINUTE}, ("text",), ()),
        ({"password": MINUTE, "text": HOUR}, ("text",), ("text",)),
        ({"password": MINUTE}, ("text",), ("text",)),
        ({"password": MINUTE, "text": MINUTE}, ("text", "totp"), ("totp",)),
        ({"password": MINUTE, "recovery": MINUTE}, ("totp", "recovery"), ("totp",)),
        ({"password": MINUTE, "totp": MINUTE}, ("text", "totp"), ()),
        ({"password": MINUTE, "totp": -MINUTE}, ("totp",), ("totp",)),
    ],
    ids=str,
)
def test_sets_up_a_method_only_after_the_strongest_that_they_have(
    verified: dict[str, timedelta], owned: tuple[str, ...], first: tuple[str, ...]
) -> None:
    """Seen failing with `_strongest` returning everything that they have."""
    answer = _decide(_authentication(**verified), PHISHING_RESISTANT, owned=owned)

    assert (answer.step, answer.first) == (AccessStep.ENROL, first)


def test_gives_up_after_two_rounds() -> None:
    authentication = _authentication(password=MINUTE, text=MINUTE)

    steps = [_decide(authentication, NO_PHONE, owned=("text", "totp"), rounds=n).step for n in range(4)]

    assert steps == [AccessStep.ASK, AccessStep.ASK, AccessStep.REFUSE, AccessStep.REFUSE]
    assert _decide(authentication, SECOND_STEP, rounds=9).step is AccessStep.CONTINUE


METHODS = ("password", "text", "totp", "passkey")
AGES = (MINUTE, 2 * HOUR)


def _all_authentications() -> Iterator[AuthenticationContext]:
    for n in range(1, 4):
        for names in combinations(METHODS, n):
            for ages in product(AGES, repeat=n):
                for why in (DecisionReason.REQUIRED, DecisionReason.REMEMBERED):
                    yield _authentication(why, **dict(zip(names, ages, strict=True)))


def _all_requirements() -> Iterator[Requirement]:
    for strength, age, remembered in product(
        (PASSWORD, SECOND_STEP, NO_PHONE, PHISHING_RESISTANT, OWN), (None, HOUR), (True, False)
    ):
        yield Requirement(strength=strength, max_age=age, remembered_counts=remembered)


def _all_owned() -> Iterator[tuple[str, ...]]:
    for n in range(4):
        yield from combinations(("text", "totp", "passkey"), n)


ENOUGH = {  # written down again, so that a mistake in a strength is a contradiction
    "password": {"password", "text", "totp", "passkey"},
    "second-step": {"text", "totp", "passkey"},
    "no-phone": {"totp", "passkey"},
    "phishing-resistant": {"passkey"},
    "token-or-app": {"totp"},
}


def test_holds_for_all_facts_and_requirements() -> None:
    """A table of all cases against what must hold, whatever the decision's code looks like."""
    n = 0
    for authentication, requirement, owned in product(_all_authentications(), _all_requirements(), _all_owned()):
        answer = decide(authentication, owned, requirement, is_allowed=True, refusal="", now=NOW)
        enough, limit = ENOUGH[requirement.strength.slug], requirement.max_age or 99 * HOUR
        fresh = {each.method for each in authentication.verified if NOW - each.at <= limit}
        is_skipped = (
            requirement.strength is SECOND_STEP
            and requirement.max_age is None
            and requirement.remembered_counts
            and authentication.why == DecisionReason.REMEMBERED
            and {each.method for each in authentication.verified} == {"password"}
        )
        assert answer.is_granted == (bool(fresh & enough) or is_skipped), (authentication, requirement, owned)
        if answer.step is AccessStep.ASK:
            assert set(answer.methods) <= enough
            assert set(answer.methods) <= {*owned, "password"}
        if answer.step is AccessStep.ENROL:
            assert not set(owned) & enough
            assert set(answer.methods) <= enough | {"token", "recovery", "call", "email", "access_pass"}
        if answer.acr == ACR_SECOND_STEP:
            assert fresh - {"password"}
        if answer.acr == ACR_PHISHING_RESISTANT:
            assert "passkey" in fresh
        # Verifying any of the methods that were asked for is enough: nobody is sent round in a circle.
        for method in answer.methods if answer.step is AccessStep.ASK else ():
            met = (*authentication.verified, Verification(method=method, at=NOW))
            after = decide(
                replace(authentication, verified=met),
                owned,
                requirement,
                is_allowed=True,
                refusal="",
                now=NOW,
                rounds=1,
            )
            assert after.step is AccessStep.CONTINUE, (authentication, requirement, method)
        n += 1

    assert n > 10_000
