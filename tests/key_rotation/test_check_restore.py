"""Tests that a restored database is checked against its keys."""

from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from mfasite import checks
from tests.key_rotation.possessions import NEW, OLD, Possessions, Restart
from verification.keys import key_uses
from verification.models import (
    DigestKey,
    Enrolment,
)


def restored(*options: str) -> str:
    """Run `check_restore`, and return its errors, or an empty string if it passes."""
    err = StringIO()
    try:
        call_command("check_restore", *options, stdout=StringIO(), stderr=err)
    except CommandError:
        assert err.getvalue()
        return err.getvalue()
    return ""


def test_restore_with_its_keys_fits(possessions: Possessions, capsys: Any) -> None:
    assert restored() == ""

    call_command("check_restore")
    assert "Everything matches" in capsys.readouterr().out


def test_restore_fits_after_a_rotation(rotated: Possessions) -> None:
    assert restored() == ""


def test_restore_without_its_keys_names_all_that_does_not_fit(possessions: Possessions, restart: Restart) -> None:
    restart(NEW)

    said = restored()

    for words in (
        "MFA_KEYS has no key t1",
        "authenticator apps",
        "imports",
        "sealed_secret can't be decrypted",
        "key missing",
    ):
        assert words in said


def test_restore_with_keys_under_each_others_names_is_refused(possessions: Possessions, restart: Restart) -> None:
    """Both keys exist, so only decrypting something shows the swap. Seen failing when only names were compared."""
    restart((OLD[0], NEW[1]), (NEW[0], OLD[1]))

    said = restored()

    lost = list(key_uses.lost())
    assert {each.key_id for each in lost} == {"t1"}
    assert all(f"{each}." in said.splitlines() for each in lost)
    assert "sealed_secret" in said


def test_restore_of_an_older_release_says_so_first(possessions: Possessions, restart: Restart) -> None:
    """What an older release lacks would be a database error. Seen failing without the check of migrations."""
    restart(NEW)
    MigrationRecorder(connection).migration_qs.filter(app="verification").order_by("-pk")[0].delete()

    [line] = restored().splitlines()
    assert "1 migrations" in line


def test_restore_names_a_key_that_can_be_guessed(possessions: Possessions, settings: Any) -> None:
    settings.DEMO = False

    weak = [each.msg for each in checks.check_strength(None)]
    assert [words for words in weak if "key t1 " in words]
    assert restored("--new-secret-key").splitlines() == weak


def test_restore_names_a_single_damaged_value(possessions: Possessions) -> None:
    Enrolment.objects.filter(method="totp").update(sealed_secret="v1.t1.QUJD")

    assert f"verification.Enrolment {possessions.person.enrolment('totp').ref}: sealed_secret " in restored()


def test_restore_names_another_secret_key(possessions: Possessions, settings: Any) -> None:
    settings.SECRET_KEY = "another-one-" + "y" * 50

    [line] = restored().splitlines()
    assert line.startswith("SECRET_KEY ")
    assert " 1 of 1 " in line
    assert restored("--new-secret-key") == ""


def test_restore_names_a_damaged_key_of_digests(possessions: Possessions, restart: Restart) -> None:
    DigestKey.objects.update(name="other")
    restart(OLD)

    assert "verification.DigestKey " in restored()
