"""Tests of reading a real domain of Active Directory: what its people and groups become."""

from collections.abc import Callable
from functools import partial

import pytest
from django.utils import timezone

from accounts import ldap_sync
from accounts.ldap_sync import ldap_reading, sync_runs
from accounts.models import Directory, DirectorySync, User
from accounts.models.directories import DirectoryKind
from tests.real_programs import directories_of_slapd_and_samba
from tests.real_programs.samba import ACCOUNT_DISABLED, NORMAL_ACCOUNT, Samba
from tests.simulated.people import Clock

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.xdist_group("samba")]
_LONG_AGO, _FAR_AWAY = "130000000000000000", "150000000000000000"  # 2012 and 2076


@pytest.fixture(scope="module")
def unit(samba: Samba) -> str:
    """Return a unit with people of every kind, a computer, and groups inside groups."""
    within = samba.unit("Sync")
    people = {name: samba.person(name, within=within) for name in ("sanna", "sbert", "scleo", "stina")}
    samba.person("sgone", within=within, accountExpires=_LONG_AGO)
    samba.person("slater", within=within, accountExpires=_FAR_AWAY)
    samba.person("soff", within=within, control=NORMAL_ACCOUNT | ACCOUNT_DISABLED)
    samba.add(f"CN=SPC,{within}", objectClass="computer", sAMAccountName="SPC$")
    samba.change(people["sanna"], mobile="+41 79 555 01 23", preferredLanguage="en")
    inner = samba.group("s-inner", people["scleo"], within=within)
    outer = samba.group("s-outer", people["sanna"], inner, within=within)
    samba.change(inner, member=(people["scleo"], outer))
    return within


@pytest.fixture
def directory(samba: Samba, unit: str, db: None) -> Callable[..., Directory]:
    return partial(directories_of_slapd_and_samba.of_samba, samba, unit, group_base=unit)


def run(directory: Directory) -> DirectorySync:
    made = sync_runs._make(directory, timezone.now())
    assert made is not None
    ldap_sync.work(timezone.now())
    made.refresh_from_db()
    assert made.state == DirectorySync.State.DONE, made.error
    return made


def members(name: str) -> set[str]:
    return set(User.objects.filter(groups__name=name).values_list("username", flat=True))


def test_people_are_those_who_may_sign_in_and_no_computers(directory: Callable[..., Directory], clock: Clock) -> None:
    made = directory()

    run(made)
    again = run(made)

    assert set(User.objects.values_list("username", flat=True)) == {"sanna", "sbert", "scleo", "stina", "slater"}
    anna = User.objects.get(username="sanna")
    assert (anna.name, anna.email, len(anna.directory_key)) == ("Sanna", "sanna@example.test", 32)
    assert list(anna.suggested_numbers.values_list("kind", flat=True)) == ["mobile"]
    assert (again.n_unchanged, again.n_to_do) == (7, 0)


def test_a_broad_filter_finds_no_computers_either(directory: Callable[..., Directory], clock: Clock) -> None:
    run(directory(person_filter="(&(objectClass=user)(sAMAccountName={username}))"))

    assert not User.objects.filter(username__startswith="spc").exists()
    assert User.objects.filter(username="sanna").exists()


def test_groups_count_people_of_groups_inside_them(directory: Callable[..., Directory], clock: Clock) -> None:
    run(directory())

    assert members("s-outer") == members("s-inner") == {"sanna", "scleo"}


def test_a_group_that_arrives_in_ranges_is_whole(
    samba: Samba, unit: str, directory: Callable[..., Directory], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing when only the first range was read: the group had two members."""
    names = [f"srange{n}" for n in range(7)]
    dns = [samba.person(name, within=unit) for name in names]
    samba.group("s-ranges", *dns, within=unit)
    monkeypatch.setitem(ldap_reading._MEMBERS, DirectoryKind.ACTIVE_DIRECTORY, ("member;range=0-1",))

    run(directory())

    assert members("s-ranges") == set(names)
    for dn in dns:
        samba.delete(dn)


def test_follows_a_new_name_and_place_and_a_disabled_account(
    samba: Samba, unit: str, directory: Callable[..., Directory], clock: Clock
) -> None:
    made = directory()
    dn = samba.person("smove", within=unit)
    run(made)
    person = User.objects.get(username="smove")

    elsewhere = samba.unit("Elsewhere", within=unit)
    dn = samba.move(dn, "CN=Moved", within=elsewhere)
    samba.change(dn, sAMAccountName="smoved", displayName="Moved Huber")
    run(made)
    person.refresh_from_db()
    moved = (person.username, person.name, person.is_active)
    samba.change(dn, userAccountControl=str(NORMAL_ACCOUNT | ACCOUNT_DISABLED))
    off = run(made)
    person.refresh_from_db()

    assert moved == ("smoved", "Moved Huber", True)
    assert (off.n_switched_off, person.is_active) == (1, False)
    samba.delete(dn)
