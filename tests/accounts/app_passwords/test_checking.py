"""Tests that an app password works for one kind of app and one person, and stops working once it is taken away."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import app_passwords
from accounts.app_passwords import CheckResult
from accounts.hashers import Argon2idHasher
from accounts.models import AppPassword, SecondStep, StaleClient, User
from accounts.portal import this_wasnt_me_effects
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import PASSWORD, Clock, Person, update_user
from verification import policies
from verification.context import Context
from verification.models import AuditEvent, Policy

FAR = datetime(2051, 1, 1, tzinfo=UTC)
WRONG = "wrong-lamp-on-friday"


def _without_second_step(person: Person) -> Person:
    update_user(person, second_step=SecondStep.DISABLED)
    return person


def _kinds(person: Person) -> list[str]:
    rows = AuditEvent.objects.filter(user_id=person.user.pk, kind__startswith="app_password")
    return list(rows.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    "typed",
    [
        lambda secret: secret,
        lambda secret: secret.replace(" ", ""),
        lambda secret: secret.replace(" ", "-"),
        lambda secret: f"  {secret.upper()}\n",
        lambda secret: secret.translate(str.maketrans("234567", "۲۳۴۵۶۷")),
    ],
    ids=["in groups", "in one", "with dashes", "in capitals", "with Persian digits"],
)
def test_opens_however_it_is_typed(ana: Person, mail: AppPasswordService, typed: Callable[[str], str]) -> None:
    assert mail.opens("Ana ", typed(app_password_services.make(ana.user)))


# What it opens ------------------------------------------------------------------------------------------------------


def test_opens_no_other_kind_of_program(ana: Person, files: AppPasswordService) -> None:
    assert not files.opens("ana", app_password_services.make(ana.user, program="mail"))


def test_opens_nothing_for_another_name(ana: Person, ben: Person, mail: AppPasswordService) -> None:
    assert not mail.opens("ben", app_password_services.make(ana.user))


def test_opens_nothing_at_the_web_sign_in(ana: Person) -> None:
    secret = app_password_services.make(ana.user)

    page = ana.give_password(secret)

    assert page.path == "/sign-in/"
    assert authenticate(username="ana", password=secret) is None


@pytest.mark.parametrize(
    ("network", "seen", "opens"),
    [
        ("192.0.2.0/24", "192.0.2.7", True),
        ("192.0.2.0/24", "198.51.100.1", False),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", "2001:db8::1", False),
        ("2001:db8::/64", "2001:db8::77", True),
    ],
)
def test_opens_only_within_its_network(
    ana: Person, mail: AppPasswordService, network: str, seen: str, opens: bool
) -> None:
    secret = app_password_services.make(ana.user, network=network)

    assert mail.seen_from(seen).opens("ana", secret) is opens


def test_ends_at_its_end(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    secret = app_password_services.make(ana.user, ends_at=timezone.now() + timedelta(days=1))
    assert mail.opens("ana", secret)

    clock.forward(days=1)

    assert not mail.opens("ana", secret)


# What takes it away -------------------------------------------------------------------------------------------------


def test_is_refused_at_the_next_request_once_deleted(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    gone, kept = app_password_services.make(ana.user), app_password_services.make(ana.user)
    ref = AppPassword.objects.order_by("pk")[0].ref

    app_passwords.revoke(ana.user, Context(now=clock.now), ref=ref)

    assert not mail.opens("ana", gone)
    assert mail.opens("ana", kept)


def test_are_all_refused_once_all_are_deleted(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    secrets = [app_password_services.make(ana.user) for _ in range(3)]

    assert app_passwords.revoke(ana.user, Context(now=clock.now)) == 3

    assert not any(mail.opens("ana", secret) for secret in secrets)
    assert _kinds(ana).count("app_password.deleted") == 3


@pytest.mark.parametrize(
    "change",
    [{"grants_epoch": 2}, {"is_active": False}, {"blocked_until": FAR}],
    ids=lambda change: next(iter(change)),
)
def test_stops_working_when_the_account_is_cleared_deactivated_or_blocked(
    ana: Person, mail: AppPasswordService, change: dict[str, Any]
) -> None:
    secret = app_password_services.make(ana.user)
    update_user(ana, **change)

    assert not mail.opens("ana", secret)


def test_outlives_a_locked_second_step(ana: Person, mail: AppPasswordService) -> None:
    secret = app_password_services.make(ana.user)
    update_user(ana, second_step_locked_at=FAR)

    assert mail.opens("ana", secret)


def test_is_no_longer_listed_once_its_time_is_over(ana: Person) -> None:
    app_password_services.make(ana.user)
    update_user(ana, grants_epoch=2)
    ana.user.refresh_from_db()

    assert not app_passwords.of_person(ana.user).exists()


def test_stops_working_while_the_account_is_secured(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    secret = app_password_services.make(ana.user)

    this_wasnt_me_effects.begin(ana.user, Context(now=clock.now), about="")
    resting = mail.opens("ana", secret)
    this_wasnt_me_effects.end(ana.user, Context(now=clock.now))

    assert not resting
    assert mail.opens("ana", secret)


def test_no_failure_is_counted_while_the_account_is_secured(
    ana: Person, mail: AppPasswordService, clock: Clock
) -> None:
    secret = app_password_services.make(ana.user)
    this_wasnt_me_effects.begin(ana.user, Context(now=clock.now), about="")

    for _ in range(12):
        mail.knock("ana", secret)

    assert not StaleClient.objects.exists()


def test_opens_nothing_while_the_policy_forbids_it(ana: Person, mail: AppPasswordService) -> None:
    secret = app_password_services.make(ana.user)
    policy = Policy.objects.create(app_passwords=False)

    assert not mail.opens("ana", secret)
    policy.delete()
    assert mail.opens("ana", secret)


@pytest.mark.parametrize(
    ("everybodys", "groups"),
    [
        (None, []),
        (False, []),
        (True, [(1, False)]),
        (False, [(1, True)]),
        (False, [(2, False), (1, True)]),
        (True, [(1, None), (2, False)]),
        (None, [(2, True), (1, False)]),
    ],
    ids=str,
)
def test_is_allowed_as_the_rules_of_its_person_say(
    ana: Person, mail: AppPasswordService, everybodys: bool | None, groups: list[tuple[int, bool | None]]
) -> None:
    secret = app_password_services.make(ana.user)
    Policy.objects.create(app_passwords=everybodys)
    Policy.objects.create(app_passwords=False, group=Group.objects.create(name="of others"))
    for rank, allowed in groups:
        group = Group.objects.create(name=f"rank {rank}")
        ana.user.groups.add(group)
        Policy.objects.create(app_passwords=allowed, group=group, rank=rank)

    assert mail.opens("ana", secret) is policies.rules_for(ana.user.pk).app_passwords


def test_outlives_a_new_key_of_the_ring(ana: Person, mail: AppPasswordService, settings: Any) -> None:
    secret = app_password_services.make(ana.user)
    settings.MFA_KEYS = (("t2", bytes(range(32))), *settings.MFA_KEYS)

    assert mail.opens("ana", secret)
    assert mail.opens("ana", app_password_services.make(ana.user))
    assert app_password_services.owner(mail.key) == mail.service


# What a check costs -------------------------------------------------------------------------------------------------


def test_a_right_one_costs_two_statements(
    ana: Person,
    mail: AppPasswordService,
    django_assert_num_queries: DjangoAssertNumQueries,
    no_hash: None,
    clock: Clock,
) -> None:
    secret = app_password_services.make(ana.user)
    assert mail.opens("ana", secret)
    clock.forward(minutes=5)

    with django_assert_num_queries(2):
        assert mail.opens("ana", secret)


def test_the_next_one_in_the_same_minute_costs_one(
    ana: Person,
    mail: AppPasswordService,
    django_assert_num_queries: DjangoAssertNumQueries,
    no_hash: None,
    clock: Clock,
) -> None:
    secret = app_password_services.make(ana.user)
    assert mail.opens("ana", secret)
    clock.forward(seconds=30)

    with django_assert_num_queries(1):
        assert mail.opens("ana", secret)


def test_a_wrong_one_is_hashed_nowhere_if_the_service_takes_no_normal_passwords(
    ana: Person, strict: AppPasswordService, no_hash: None
) -> None:
    assert not strict.opens("ana", "a" * 24)
    assert not strict.opens("nobody", PASSWORD)


# The list -----------------------------------------------------------------------------------------------------------


def test_remembers_when_where_and_how_it_was_used(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    mail.knock("ana", app_password_services.make(ana.user), protocol="imap")

    row = AppPassword.objects.get()
    assert (row.last_used_at, row.last_network, row.last_protocol) == (clock.now, app_password_services.HOME, "imap")


def test_writes_no_row_of_the_record_for_each_use(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    secret = app_password_services.make(ana.user)
    for _ in range(5):
        mail.opens("ana", secret)
        clock.forward(minutes=3)

    assert _kinds(ana) == ["app_password.made"]


def test_records_a_new_place_once(ana: Person, mail: AppPasswordService) -> None:
    secret = app_password_services.make(ana.user)
    away = mail.seen_from("198.51.100.20")
    for door in (mail, away, mail, away, away.seen_from("198.51.100.99"), mail):
        assert door.opens("ana", secret)

    assert _kinds(ana) == ["app_password.made", "app_password.new_place"]


# The normal password ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [SecondStep.ENABLED, SecondStep.ENFORCED])
def test_refuses_the_normal_password_of_anyone_who_needs_the_second_step(
    ana: Person, mail: AppPasswordService, step: SecondStep
) -> None:
    update_user(ana, second_step=step)

    assert mail.knock("ana", PASSWORD) == mail.knock("ana", WRONG) == mail.knock("nobody", WRONG)


def test_accepts_the_normal_password_of_anyone_who_needs_no_second_step(ana: Person, mail: AppPasswordService) -> None:
    _without_second_step(ana)

    assert mail.opens("ana", PASSWORD)
    assert not mail.opens("ana", WRONG)


@pytest.mark.parametrize("typed", ["cafe\u0301-au-lait-deux", "caf\u00e9-au-lait-deux"])
def test_takes_it_however_its_accents_are_typed(ana: Person, mail: AppPasswordService, typed: str) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    User.objects.filter(pk=ana.user.pk).update(password=make_password("cafe\u0301-au-lait-deux"))

    assert mail.opens("ana", typed)


def test_refuses_every_normal_password_if_the_service_is_set_so(ana: Person, strict: AppPasswordService) -> None:
    assert not strict.opens("ana", PASSWORD)


@pytest.mark.parametrize(
    "change",
    [
        {"is_staff": True},
        {"is_active": False},
        {"blocked_until": FAR},
        {"second_step_locked_at": FAR},
        {"securing_since": FAR},
        {"must_change_password": True},
        {"breached_password_at": FAR},
    ],
    ids=lambda change: next(iter(change)),
)
def test_refuses_the_normal_password_of_anyone_who_may_not_sign_in(
    ana: Person, mail: AppPasswordService, change: dict[str, Any]
) -> None:
    _without_second_step(ana)
    update_user(ana, **change)

    assert not mail.opens("ana", PASSWORD)


@pytest.mark.parametrize("name", ["ana", "cleo", "nobody"])
def test_hashes_once_for_every_username(
    ana: Person, cleo: Person, mail: AppPasswordService, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def hash_it(_self: object, password: str, _salt: str) -> str:
        hashed.append(password)
        return "a hash"

    monkeypatch.setattr(Argon2idHasher, "encode", hash_it)
    monkeypatch.setattr(Argon2idHasher, "verify", lambda _self, password, _encoded: hashed.append(password))
    _without_second_step(cleo)

    mail.knock(name, WRONG)

    assert hashed == [WRONG]


def test_makes_guesses_wait(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    _without_second_step(ana)
    for _ in range(10):
        assert mail.knock("ana", WRONG).answer is CheckResult.WRONG

    assert mail.knock("ana", PASSWORD).answer is CheckResult.LATER
    clock.forward(minutes=1)
    assert mail.opens("ana", PASSWORD)


def test_lets_a_person_in_as_often_as_they_like(ana: Person, mail: AppPasswordService) -> None:
    _without_second_step(ana)

    assert all(mail.opens("ana", PASSWORD) for _ in range(70))


def test_ends_a_flood_from_one_network_there(ana: Person, mail: AppPasswordService) -> None:
    answers = [mail.knock(f"name {n}", WRONG).answer for n in range(62)]

    assert answers == [CheckResult.WRONG] * 60 + [CheckResult.LATER] * 2
    assert mail.seen_from("198.51.100.1").knock("name", WRONG).answer is CheckResult.WRONG
    assert mail.opens("ana", app_password_services.make(ana.user))
