"""Tests that an app password is shown once, and that a person has at most forty."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections

from accounts import app_passwords
from accounts.app_passwords import MAX_PER_PERSON
from accounts.models import AppPassword, User
from tests.simulated import app_password_services
from tests.simulated.people import Person, update_user
from verification.models import Policy

FAR = datetime(2051, 1, 1, tzinfo=UTC)


def test_is_24_base32_letters_in_groups_of_four(ana: Person) -> None:
    assert re.fullmatch(r"([a-z2-7]{4} ){5}[a-z2-7]{4}", app_password_services.make(ana.user))


def test_is_kept_as_a_digest_only(ana: Person) -> None:
    secret = app_password_services.make(ana.user)

    kept = " ".join(str(value) for row in AppPassword.objects.values() for value in row.values())
    assert secret not in kept
    assert secret.replace(" ", "") not in kept


def test_refuses_the_41st(ana: Person) -> None:
    for _ in range(MAX_PER_PERSON):
        app_password_services.make(ana.user)

    with pytest.raises(app_passwords.TooManyAppPasswords):
        app_password_services.make(ana.user)


def test_counts_only_those_that_live(ana: Person) -> None:
    for _ in range(MAX_PER_PERSON):
        app_password_services.make(ana.user)
    update_user(ana, grants_epoch=2)
    ana.user.refresh_from_db()

    app_password_services.make(ana.user)

    assert app_passwords.of_person(ana.user).count() == 1


def test_makes_none_while_the_policy_forbids_it(ana: Person) -> None:
    Policy.objects.create(app_passwords=False)

    with pytest.raises(app_passwords.AppPasswordsOff):
        app_password_services.make(ana.user)


def test_makes_none_while_the_account_is_made_safe(ana: Person) -> None:
    update_user(ana, securing_since=FAR)  # by another request, since ours read its person

    with pytest.raises(app_passwords.AppPasswordsOff):
        app_password_services.make(ana.user)


def test_makes_none_for_a_session_that_has_just_ended(ana: Person) -> None:
    """Seen failing where an action ends sessions and keeps the app passwords: a thief's request made one more."""
    update_user(ana, epoch=ana.user.epoch + 1)  # by another request, since ours read its person

    with pytest.raises(app_passwords.AppPasswordsOff):
        app_password_services.make(ana.user)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_never_makes_a_41st_by_many_requests_at_once() -> None:
    user = User.objects.create(username="ana", email="ana@example.org")
    for _ in range(MAX_PER_PERSON - 1):
        app_password_services.make(user)

    def make(_: int) -> bool:
        try:
            app_password_services.make(user)
        except app_passwords.TooManyAppPasswords:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(16)))

    assert sum(made) == 1
    assert app_passwords.of_person(user).count() == MAX_PER_PERSON
