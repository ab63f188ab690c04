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


def shows(engine_user: EngineUser, token: str) -> tuple[bool, str]:
    """Come with a token; tells whether it was recognised, and gives the next one."""
    return browsers.recognise(engine_user.user, replace(engine_user.context, browser=token))


@pytest.fixture
def token(engine_user: EngineUser) -> str:
    return browsers.remember(engine_user.user, engine_user.context, days=14)


def test_recognises_its_token(engine_user: EngineUser, token: str) -> None:
    is_known, following = shows(engine_user, token)

    assert is_known
    assert len(following) == 43
    assert following != token


def test_keeps_no_token_in_the_row(token: str) -> None:
    values = [str(value) for row in Browser.objects.values() for value in row.values()]

    assert not [value for value in values if token in value]


@pytest.mark.parametrize("shown", ["", "a", "a" * 43, "\x00", "ä" * 43])
def test_recognises_no_other_token(engine_user: EngineUser, token: str, shown: str) -> None:
    assert shows(engine_user, shown) == (False, "")


def test_recognises_the_former_token_for_a_minute(engine_user: EngineUser, token: str) -> None:
    """Two requests of one page may be under way at once."""
    shows(engine_user, token)

    assert shows(engine_user.later(seconds=60), token) == (True, "")
    assert Browser.objects.count() == 1


def test_former_token_after_a_minute_is_a_copy_and_ends_the_row(engine_user: EngineUser, token: str) -> None:
    _, following = shows(engine_user, token)

    assert shows(engine_user.later(seconds=61), token) == (False, "")
    assert shows(engine_user.later(seconds=62), following) == (False, "")
    assert AuditEvent.objects.filter(kind="browser.copied").count() == 1


def test_token_before_the_former_one_is_unknown(engine_user: EngineUser, token: str) -> None:
    _, second = shows(engine_user, token)
    shows(engine_user, second)

    assert shows(engine_user, token) == (False, "")


def test_ends_after_its_days(engine_user: EngineUser, token: str) -> None:
    assert shows(engine_user.later(days=14), token) == (False, "")


def test_using_it_does_not_prolong_it(engine_user: EngineUser, token: str) -> None:
    _, following = shows(engine_user.later(days=13), token)

    assert shows(engine_user.later(days=14), following) == (False, "")


def test_token_opens_nothing_for_another_person(engine_user: EngineUser, token: str) -> None:
    eve = EngineUser(get_user_model().objects.create(username="eve"), engine_user.context)

    assert shows(eve, token) == (False, "")
    assert shows(engine_user, token)[0]


def test_token_opens_nothing_in_another_epoch(engine_user: EngineUser, token: str) -> None:
    engine_user.user.epoch += 1

    assert shows(engine_user, token) == (False, "")


def test_is_still_recognised_while_keys_change(engine_user: EngineUser, token: str, settings: Any) -> None:
    settings.MFA_KEYS = (("t2", b"2" * 32), *settings.MFA_KEYS)
    _, following = shows(engine_user, token)
    settings.MFA_KEYS = settings.MFA_KEYS[:1]

    assert shows(engine_user, following)[0]


def test_forgets_one_or_all(engine_user: EngineUser, token: str) -> None:
    browsers.remember(engine_user.user, engine_user.context, days=14)
    browsers.remember(engine_user.user, engine_user.context, days=14)
    ref = Browser.objects.order_by("pk")[0].ref

    assert browsers.forget(engine_user.user, ref=ref) == 1
    assert not shows(engine_user, token)[0]
    assert browsers.forget(engine_user.user) == 2


def test_person_cannot_forget_the_browser_of_someone_else(engine_user: EngineUser, token: str) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert browsers.forget(eve, ref=Browser.objects.get().ref) == 0
    assert browsers.forget(eve) == 0


def test_lists_those_that_still_count(engine_user: EngineUser, token: str) -> None:
    Browser.objects.create(
        user=engine_user.user,
        digest="another",
        epoch=engine_user.user.epoch + 1,
        made_at=engine_user.context.now,
        rotated_at=engine_user.context.now,
        ends_at=engine_user.later(days=1).context.now,
    )

    assert [
        browsers.is_this(row, token) for row in browsers.of_person(engine_user.user, now=engine_user.context.now)
    ] == [True]
    assert browsers.of_person(engine_user.user, now=engine_user.later(days=14).context.now) == []


@pytest.fixture
def bob(engine_user: EngineUser) -> EngineUser:
    return EngineUser(get_user_model().objects.create(username="bob", email="bob@example.org"), engine_user.context)


def test_one_browser_remembers_two_people(engine_user: EngineUser, bob: EngineUser, token: str) -> None:
    """They would else be asked in turn, each time the other had signed in."""
    both = browsers.remember(bob.user, replace(bob.context, browser=token), days=14)

    known, after_ana = shows(engine_user, both)
    assert known
    known, after_bob = shows(bob, after_ana)
    assert known
    assert shows(engine_user, after_bob)[0]
    assert len({token, both, after_ana, after_bob}) == 4


def test_remembering_again_replaces_only_the_own_row(engine_user: EngineUser, bob: EngineUser, token: str) -> None:
    both = browsers.remember(bob.user, replace(bob.context, browser=token), days=14)

    again = browsers.remember(engine_user.user, replace(engine_user.context, browser=both), days=14)

    assert len(again.split(".")) == 2
    assert Browser.objects.count() == 2
    assert shows(bob, again)[0]


def test_cookie_holds_five_people_at_most(engine_user: EngineUser) -> None:
    cookie = ""
    for name in "abcdefg":
        user = get_user_model().objects.create(username=name)
        cookie = browsers.remember(user, replace(engine_user.context, browser=cookie), days=14)

    assert len(cookie.split(".")) == 5
    assert len(cookie) < 300


def test_a_copy_is_told_to_its_owner_once_with_where_it_was_seen(engine_user: EngineUser, token: str) -> None:
    shows(engine_user, token)
    copied = replace(
        engine_user.later(seconds=61).context, browser=token, network="203.0.113.9", agent="Firefox/1 (Windows)"
    )
    for _ in range(3):
        assert browsers.recognise(engine_user.user, copied) == (False, "")

    assert notices.notify_of_copied_browsers(engine_user.later(seconds=70).context.now) == 1
    assert notices.notify_of_copied_browsers(engine_user.later(seconds=80).context.now) == 0

    message = Message.objects.get(template__contains="remembered_browser_copied")
    message.provider = "virtual"
    said = rendering.compose(message).words
    assert "203.0.113.9" in said
    assert "Firefox on Windows" in said
    assert not Browser.objects.exists()


def test_a_copy_seen_by_two_requests_at_once_is_written_down_once(engine_user: EngineUser, token: str) -> None:
    """Both read the row before either ended it. Seen failing without `copied_at` in the guard of the update."""
    both = list(Browser.objects.all()) * 2

    for n, row in enumerate(both):
        remembered_browsers._end_copied(row, replace(engine_user.later(seconds=n).context, network=f"203.0.113.{n}"))

    assert AuditEvent.objects.filter(kind="browser.copied").count() == 1
    assert Browser.objects.get().network == "203.0.113.0"


def test_a_copied_browser_is_listed_no_more(engine_user: EngineUser, token: str) -> None:
    shows(engine_user, token)
    shows(engine_user.later(seconds=61), token)

    assert browsers.of_person(engine_user.user, now=engine_user.context.now) == []
    assert browsers.of_many(get_user_model().objects.all(), now=engine_user.context.now) == 0
