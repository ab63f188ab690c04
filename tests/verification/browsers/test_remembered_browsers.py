"""A remembered browser is a row behind a random token that changes at each use; a copied token ends the row."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import EngineUser
from verification import browsers, notices
from verification.browsers import remembered_browsers
from verification.delivery import rendering
from verification.models import AuditEvent, Browser, Message


def shows(who: EngineUser, token: str) -> tuple[bool, str]:
    """Come with a token; tells whether it was recognised, and gives the next one."""
    return browsers.recognise(who.user, replace(who.context, browser=token))


@pytest.fixture
def token(who: EngineUser) -> str:
    return browsers.remember(who.user, who.context, days=14)


def test_recognises_its_token(who: EngineUser, token: str) -> None:
    is_known, following = shows(who, token)

    assert is_known
    assert len(following) == 43
    assert following != token


def test_keeps_no_token_in_the_row(token: str) -> None:
    values = [str(value) for row in Browser.objects.values() for value in row.values()]

    assert not [value for value in values if token in value]


@pytest.mark.parametrize("shown", ["", "a", "a" * 43, "\x00", "ä" * 43])
def test_recognises_no_other_token(who: EngineUser, token: str, shown: str) -> None:
    assert shows(who, shown) == (False, "")


def test_recognises_the_former_token_for_a_minute(who: EngineUser, token: str) -> None:
    """Two requests of one page may be under way at once."""
    shows(who, token)

    assert shows(who.later(seconds=60), token) == (True, "")
    assert Browser.objects.count() == 1


def test_former_token_after_a_minute_is_a_copy_and_ends_the_row(who: EngineUser, token: str) -> None:
    _, following = shows(who, token)

    assert shows(who.later(seconds=61), token) == (False, "")
    assert shows(who.later(seconds=62), following) == (False, "")
    assert AuditEvent.objects.filter(kind="browser.copied").count() == 1


def test_token_before_the_former_one_is_unknown(who: EngineUser, token: str) -> None:
    _, second = shows(who, token)
    shows(who, second)

    assert shows(who, token) == (False, "")


def test_ends_after_its_days(who: EngineUser, token: str) -> None:
    assert shows(who.later(days=14), token) == (False, "")


def test_using_it_does_not_prolong_it(who: EngineUser, token: str) -> None:
    _, following = shows(who.later(days=13), token)

    assert shows(who.later(days=14), following) == (False, "")


def test_is_worth_nothing_to_another_person(who: EngineUser, token: str) -> None:
    eve = EngineUser(get_user_model().objects.create(username="eve"), who.context)

    assert shows(eve, token) == (False, "")
    assert shows(who, token)[0]


def test_is_worth_nothing_in_another_epoch(who: EngineUser, token: str) -> None:
    who.user.epoch += 1

    assert shows(who, token) == (False, "")


def test_is_still_recognised_while_keys_change(who: EngineUser, token: str, settings: Any) -> None:
    settings.MFA_KEYS = (("t2", b"2" * 32), *settings.MFA_KEYS)
    _, following = shows(who, token)
    settings.MFA_KEYS = settings.MFA_KEYS[:1]

    assert shows(who, following)[0]


def test_forgets_one_or_all(who: EngineUser, token: str) -> None:
    browsers.remember(who.user, who.context, days=14)
    browsers.remember(who.user, who.context, days=14)
    ref = Browser.objects.order_by("pk")[0].ref

    assert browsers.forget(who.user, ref=ref) == 1
    assert not shows(who, token)[0]
    assert browsers.forget(who.user) == 2


def test_forgets_nobody_elses(who: EngineUser, token: str) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert browsers.forget(eve, ref=Browser.objects.get().ref) == 0
    assert browsers.forget(eve) == 0


def test_lists_those_that_still_count(who: EngineUser, token: str) -> None:
    Browser.objects.create(
        user=who.user,
        digest="another",
        epoch=who.user.epoch + 1,
        made_at=who.context.now,
        rotated_at=who.context.now,
        ends_at=who.later(days=1).context.now,
    )

    assert [browsers.is_this(row, token) for row in browsers.of_person(who.user, now=who.context.now)] == [True]
    assert browsers.of_person(who.user, now=who.later(days=14).context.now) == []


@pytest.fixture
def bob(who: EngineUser) -> EngineUser:
    return EngineUser(get_user_model().objects.create(username="bob", email="bob@example.org"), who.context)


def test_one_browser_remembers_two_people(who: EngineUser, bob: EngineUser, token: str) -> None:
    """They would else be asked in turn, each time the other had signed in."""
    both = browsers.remember(bob.user, replace(bob.context, browser=token), days=14)

    known, after_ana = shows(who, both)
    assert known
    known, after_bob = shows(bob, after_ana)
    assert known
    assert shows(who, after_bob)[0]
    assert len({token, both, after_ana, after_bob}) == 4


def test_remembering_again_replaces_only_the_own_row(who: EngineUser, bob: EngineUser, token: str) -> None:
    both = browsers.remember(bob.user, replace(bob.context, browser=token), days=14)

    again = browsers.remember(who.user, replace(who.context, browser=both), days=14)

    assert len(again.split(".")) == 2
    assert Browser.objects.count() == 2
    assert shows(bob, again)[0]


def test_cookie_holds_five_people_at_most(who: EngineUser) -> None:
    cookie = ""
    for name in "abcdefg":
        user = get_user_model().objects.create(username=name)
        cookie = browsers.remember(user, replace(who.context, browser=cookie), days=14)

    assert len(cookie.split(".")) == 5
    assert len(cookie) < 300


def test_a_copy_is_told_to_its_owner_once_with_where_it_was_seen(who: EngineUser, token: str) -> None:
    shows(who, token)
    copied = replace(who.later(seconds=61).context, browser=token, network="203.0.113.9", agent="Firefox/1 (Windows)")
    for _ in range(3):
        assert browsers.recognise(who.user, copied) == (False, "")

    assert notices.notify_of_copied_browsers(who.later(seconds=70).context.now) == 1
    assert notices.notify_of_copied_browsers(who.later(seconds=80).context.now) == 0

    message = Message.objects.get(template__contains="browser_copied")
    message.provider = "virtual"
    said = rendering.compose(message).words
    assert "203.0.113.9" in said
    assert "Firefox on Windows" in said
    assert not Browser.objects.exists()


def test_a_copy_seen_by_two_requests_at_once_is_written_down_once(who: EngineUser, token: str) -> None:
    """Both read the row before either ended it. Seen failing without `copied_at` in the guard of the update."""
    both = list(Browser.objects.all()) * 2

    for n, row in enumerate(both):
        remembered_browsers._end_copied(row, replace(who.later(seconds=n).context, network=f"203.0.113.{n}"))

    assert AuditEvent.objects.filter(kind="browser.copied").count() == 1
    assert Browser.objects.get().network == "203.0.113.0"


def test_a_copied_browser_is_listed_no_more(who: EngineUser, token: str) -> None:
    shows(who, token)
    shows(who.later(seconds=61), token)

    assert browsers.of_person(who.user, now=who.context.now) == []
    assert browsers.of_many(get_user_model().objects.all(), now=who.context.now) == 0
