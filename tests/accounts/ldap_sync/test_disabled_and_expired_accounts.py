"""Tests of which accounts of a directory are switched off, as their attributes say."""

import pytest

from accounts.ldap_directories import LdapEntry
from accounts.ldap_sync import disabled_and_expired_accounts
from accounts.models.directories import DirectoryKind
from tests.simulated.people import Clock

SECONDS_FROM_1601_TO_1970 = 11_644_473_600


def is_enabled(kind: DirectoryKind, clock: Clock, **attributes: str) -> bool:
    values = {name.lower(): [text.encode()] for name, text in attributes.items()}
    account = LdapEntry(dn="cn=anna,dc=example,dc=org", key="k1", values=values)
    return disabled_and_expired_accounts.is_enabled(account, kind, clock.now)


@pytest.mark.parametrize(("flags", "is_on"), [("512", True), ("514", False), ("-2147483134", False)])
def test_a_flag_switches_an_account_off(clock: Clock, flags: str, is_on: bool) -> None:
    """The flags are a signed number of 32 bits."""
    assert is_enabled(DirectoryKind.ACTIVE_DIRECTORY, clock, userAccountControl=flags) is is_on


@pytest.mark.parametrize(("seconds", "is_on"), [(-1, False), (0, False), (1, True)])
def test_an_account_is_on_until_it_expires(clock: Clock, seconds: int, is_on: bool) -> None:
    ticks = round(clock.now.timestamp() + SECONDS_FROM_1601_TO_1970 + seconds) * 10_000_000

    assert is_enabled(DirectoryKind.ACTIVE_DIRECTORY, clock, accountExpires=str(ticks)) is is_on


@pytest.mark.parametrize("ticks", ["", "0", "9223372036854775807", "9223372036854775806"])
def test_an_account_that_never_expires_is_on(clock: Clock, ticks: str) -> None:
    """The last one is later than any date that Python knows."""
    assert is_enabled(DirectoryKind.ACTIVE_DIRECTORY, clock, accountExpires=ticks)


@pytest.mark.parametrize(
    ("locked", "is_on"), [("", True), ("20260302075900Z", True), ("000001010000Z", False), ("000001010000", False)]
)
def test_a_lock_for_good_switches_an_account_off(clock: Clock, locked: str, is_on: bool) -> None:
    """A lock after incorrect passwords doesn't: a stranger could end everyone's sessions with it."""
    assert is_enabled(DirectoryKind.OPENLDAP, clock, pwdAccountLockedTime=locked) is is_on
