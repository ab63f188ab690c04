"""Tests of secrets that are replaced with an overlap, on a table of the tests' own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from accounts.applications import secret_rotation
from accounts.models import SecretHolder
from tests.simulated.people import Clock
from verification.keys import generated_secrets_and_alphabet

PURPOSE = "test_holder"


with isolate_apps("accounts"):  # the tables that other tests walk must not include it

    class Holder(SecretHolder):
        """A program with a secret."""

        class Meta:
            app_label = "accounts"


@pytest.fixture
def holder(transactional_db: None) -> Iterator[models.Model]:
    with connection.schema_editor() as editor:
        editor.create_model(Holder)
    yield Holder._default_manager.create()
    with connection.schema_editor() as editor:
        editor.delete_model(Holder)


def test_only_a_digest_is_stored(holder: Holder, clock: Clock) -> None:
    secret = secret_rotation.renew(holder, PURPOSE, clock.now)

    assert len(secret) == 48
    assert secret not in str(Holder._default_manager.values().get())
    assert Holder._default_manager.filter(
        secret_rotation.is_digest(generated_secrets_and_alphabet.digests(PURPOSE, secret), clock.now)
    ).exists()


def test_an_empty_secret_matches_nothing(holder: Holder, clock: Clock) -> None:
    assert not secret_rotation.matches(holder, PURPOSE, "", clock.now)
    assert not Holder._default_manager.filter(
        secret_rotation.is_digest(generated_secrets_and_alphabet.digests(PURPOSE, ""), clock.now)
    ).exists()


def test_a_secret_of_another_purpose_does_not_count(holder: Holder, clock: Clock) -> None:
    secret = secret_rotation.renew(holder, PURPOSE, clock.now)

    assert not secret_rotation.matches(holder, "another", secret, clock.now)


def test_two_work_during_the_overlap_and_one_after_it(holder: Holder, clock: Clock) -> None:
    def valid(secret: str) -> tuple[bool, bool]:
        by_query = Holder._default_manager.filter(
            secret_rotation.is_digest(generated_secrets_and_alphabet.digests(PURPOSE, secret), clock.now)
        ).exists()
        return secret_rotation.matches(holder, PURPOSE, secret, clock.now), by_query

    first = secret_rotation.renew(holder, PURPOSE, clock.now)
    second = secret_rotation.renew(holder, PURPOSE, clock.now, overlap=timedelta(hours=1))
    assert valid(first) == valid(second) == (True, True)

    third = secret_rotation.renew(holder, PURPOSE, clock.now, overlap=timedelta(hours=1))
    assert valid(first) == (False, False)
    assert valid(second) == valid(third) == (True, True)

    clock.forward(hours=1)
    assert valid(second) == (False, False)
    assert valid(third) == (True, True)


def test_without_overlap_the_former_one_ends_at_once(holder: Holder, clock: Clock) -> None:
    first = secret_rotation.renew(holder, PURPOSE, clock.now)
    secret_rotation.renew(holder, PURPOSE, clock.now)

    assert not secret_rotation.matches(holder, PURPOSE, first, clock.now)


def test_the_overlap_can_be_ended(holder: Holder, clock: Clock) -> None:
    first = secret_rotation.renew(holder, PURPOSE, clock.now)
    second = secret_rotation.renew(holder, PURPOSE, clock.now, overlap=timedelta(days=1))

    assert secret_rotation.drop_former(holder)
    assert not secret_rotation.matches(holder, PURPOSE, first, clock.now)
    assert secret_rotation.matches(holder, PURPOSE, second, clock.now)
    assert not secret_rotation.drop_former(holder)
