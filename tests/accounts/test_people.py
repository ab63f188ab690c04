"""Tests of usernames, one person in every spelling, and of passwords: Argon2id, to which older hashes move."""

from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.models.people import fold
from tests.simulated.people import PASSWORD, Person


@pytest.mark.parametrize("spelling", ["ana", "ANA", " Ana ", "ａｎａ", "ＡＮＡ", "ana\u00a0"])
def test_every_spelling_is_the_same_name(spelling: str) -> None:
    assert fold(spelling) == "ana"


@pytest.mark.parametrize(("name", "folded"), [("Straße", "strasse"), ("ﬁnn", "finn"), ("", ""), ("İpek", fold("İpek"))])
def test_folds_what_looks_alike(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text(max_size=40))
def test_folding_is_done_after_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_stores_and_finds_the_folded_name(db: None) -> None:
    made = User.objects.create_user("ＡNa", "ana@Example.org", None)

    assert made.username == "ana"
    assert User.objects.get_by_natural_key(" Ana ") == made


def test_no_second_person_of_the_same_name(db: None) -> None:
    User.objects.create_user("ana")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ANA")


def test_password_rests_as_argon2id_with_our_figures(db: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]

    user = User.objects.create_user("ana", password=PASSWORD)

    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("algorithm", ["pbkdf2_sha256", "pbkdf2_sha1", "scrypt"])
def test_older_hash_moves_at_the_next_sign_in(ana: Person, algorithm: str) -> None:
    User.objects.filter(pk=ana.user.pk).update(password=make_password(PASSWORD, hasher=algorithm))

    assert ana.sign_in().path == "/"

    ana.user.refresh_from_db()
    assert identify_hasher(ana.user.password).algorithm == "argon2"
    assert ana.browser.go("/").path == "/"


def test_is_called_by_name_and_shown_by_user_name(db: None) -> None:
    user = User(username="ana", name="Ana Keller")

    assert (user.get_full_name(), user.get_short_name(), str(user)) == ("Ana Keller", "Ana", "ana")
    assert User(username="ben").get_full_name() == "ben"
