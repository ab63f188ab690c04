"""Tests of usernames that go from one person to another in the same change."""

from collections import Counter
from typing import Any

import pytest

from accounts import provisioning
from accounts.models import Directory, User
from accounts.provisioning import (
    EntryRefusal,
    matching_people,
)
from tests.accounts.provisioning.entries_of_people import apply, entry
from tests.simulated.people import Clock, join


def usernames() -> dict[str, str]:
    return dict(User.objects.values_list("directory_key", "username"))


@pytest.mark.parametrize(
    "wanted",
    [
        {"k1": "b", "k2": "a", "k3": "c"},
        {"k1": "b", "k2": "c", "k3": "a"},
        {"k1": "b", "k2": "c", "k3": "d"},
        {"k1": "d", "k2": "a", "k3": "b", "k4": "c"},
    ],
    ids=["two swap", "three in a circle", "each gets the next", "someone new gets one"],
)
def test_usernames_go_from_one_to_another_at_once(directory: Directory, clock: Clock, wanted: dict[str, str]) -> None:
    """Both were refused, in each run. Seen failing."""
    apply(directory, entry("k1", "a"), entry("k2", "b"), entry("k3", "c"), clock=clock)

    found = apply(directory, *(entry(key, name, name=name.upper()) for key, name in wanted.items()), clock=clock)

    assert [dict(change.refusals) for change in found] == [{}] * len(wanted)
    assert usernames() == wanted
    assert {user.username.upper() for user in User.objects.all()} == {user.name for user in User.objects.all()}


def test_username_of_someone_who_keeps_it_stops_all_who_wait_for_it(directory: Directory, clock: Clock) -> None:
    join("local")
    apply(directory, entry("k1", "a"), entry("k2", "b"), clock=clock)

    found = apply(directory, entry("k1", "b"), entry("k2", "local"), clock=clock)

    assert [change.reason for change in found] == [EntryRefusal.USERNAME_TAKEN] * 2
    assert {key: name for key, name in usernames().items() if key} == {"k1": "a", "k2": "b"}


def test_two_who_want_the_same_free_username_do_not_both_get_it(directory: Directory, clock: Clock) -> None:
    apply(directory, entry("k1", "a"), entry("k2", "b"), entry("k3", "c"), clock=clock)

    found = apply(directory, entry("k1", "z"), entry("k2", "a"), entry("k3", "a"), clock=clock)

    assert [change.reason for change in found] == [None, None, EntryRefusal.USERNAME_TAKEN]
    assert usernames() == {"k1": "z", "k2": "a", "k3": "c"}


def test_long_chain_of_usernames_that_ends_at_one_who_keeps_theirs_is_planned_twice(
    directory: Directory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("local")
    apply(directory, *(entry(f"k{n}", f"u{n}") for n in range(40)), clock=clock)
    passes, plan = Counter[str](), matching_people._plan_once

    def counted(*given: Any) -> list[provisioning.PersonChange]:
        passes["n"] += 1
        return plan(*given)

    monkeypatch.setattr(matching_people, "_plan_once", counted)

    chain = [entry(f"k{n}", f"u{n + 1}" if n < 39 else "local") for n in range(40)]
    found = provisioning.plan_people(directory, chain, now=clock.now)

    assert {change.reason for change in found} == {EntryRefusal.USERNAME_TAKEN}
    assert passes["n"] == 2
