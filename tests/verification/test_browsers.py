"""A remembered browser is a row behind a random token that changes at each use; a copied token ends the row."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import Desk
from verification import browsers
from verification.models import AuditEvent, Browser


def shows(desk: Desk, token: str) -> tuple[bool, str]:
    """Come with a token; tells whether it was recognised, and gives the next one."""
    return browsers.recognise(desk.user, replace(desk.facts, browser=token))


@pytest.fixture
def token(desk: Desk) -> str:
    return browsers.remember(desk.user, desk.facts, days=14)


def test_recognises_its_token(desk: Desk, token: str) -> None:
    is_known, following = shows(desk, token)

    assert is_known
    assert len(following) == 43
    assert following != token


def test_keeps_no_token_in_the_row(token: str) -> None:
    values = [str(value) for row in Browser.objects.values() for value in row.values()]

    assert not [value for value in values if token in value]


@pytest.mark.parametrize("shown", ["", "a", "a" * 43, "\x00", "ä" * 43])
def test_recognises_no_other_token(desk: Desk, token: str, shown: str) -> None:
    assert shows(desk, shown) == (False, "")


def test_recognises_the_former_token_for_a_minute(desk: Desk, token: str) -> None:
    """Two requests of one page may be under way at once."""
    shows(desk, token)

    assert shows(desk.later(seconds=60), token) == (True, "")
    assert Browser.objects.count() == 1


def test_former_token_after_a_minute_is_a_copy_and_ends_the_row(desk: Desk, token: str) -> None:
    _, following = shows(desk, token)

    assert shows(desk.later(seconds=61), token) == (False, "")
    assert shows(desk.later(seconds=62), following) == (False, "")
    assert AuditEvent.objects.filter(kind="browser.copied").count() == 1


def test_token_before_the_former_one_is_unknown(desk: Desk, token: str) -> None:
    _, second = shows(desk, token)
    shows(desk, second)

    assert shows(desk, token) == (False, "")


def test_ends_after_its_days(desk: Desk, token: str) -> None:
    assert shows(desk.later(days=14), token) == (False, "")


def test_using_it_does_not_prolong_it(desk: Desk, token: str) -> None:
    _, following = shows(desk.later(days=13), token)

    assert shows(desk.later(days=14), following) == (False, "")


def test_is_worth_nothing_to_another_person(desk: Desk, token: str) -> None:
    eve = Desk(get_user_model().objects.create(username="eve"), desk.facts)

    assert shows(eve, token) == (False, "")
    assert shows(desk, token)[0]


def test_is_worth_nothing_in_another_epoch(desk: Desk, token: str) -> None:
    desk.user.epoch += 1

    assert shows(desk, token) == (False, "")


def test_is_still_recognised_while_keys_change(desk: Desk, token: str, settings: Any) -> None:
    settings.MFA_KEYS = (("t2", b"2" * 32), *settings.MFA_KEYS)
    _, following = shows(desk, token)
    settings.MFA_KEYS = settings.MFA_KEYS[:1]

    assert shows(desk, following)[0]


def test_forgets_one_or_all(desk: Desk, token: str) -> None:
    browsers.remember(desk.user, desk.facts, days=14)
    browsers.remember(desk.user, desk.facts, days=14)
    ref = Browser.objects.order_by("pk")[0].ref

    assert browsers.forget(desk.user, ref=ref) == 1
    assert not shows(desk, token)[0]
    assert browsers.forget(desk.user) == 2


def test_forgets_nobody_elses(desk: Desk, token: str) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert browsers.forget(eve, ref=Browser.objects.get().ref) == 0
    assert browsers.forget(eve) == 0


def test_lists_those_that_still_count(desk: Desk, token: str) -> None:
    Browser.objects.create(
        user=desk.user,
        digest="another",
        epoch=desk.user.epoch + 1,
        made_at=desk.facts.now,
        rotated_at=desk.facts.now,
        ends_at=desk.later(days=1).facts.now,
    )

    assert [browsers.is_this(row, token) for row in browsers.of_person(desk.user, now=desk.facts.now)] == [True]
    assert browsers.of_person(desk.user, now=desk.later(days=14).facts.now) == []
