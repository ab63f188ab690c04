"""Tests of common and breached passwords: what is refused, what a sign-in asks for, and the command and check."""

import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts import breached_passwords, checks
from accounts.breached_passwords import PasswordList, range_files
from accounts.models import User
from tests.accounts.portal.conftest import kinds
from tests.simulated.people import PASSWORD, Person
from verification.models import AuditEvent


@pytest.fixture
def breach(tmp_path: Path, settings: Settings) -> Callable[..., Path]:
    """Make the file of breached passwords from a list."""

    def build(*passwords: str) -> Path:
        source, settings.BREACHED_PASSWORDS_FILE = tmp_path / "source.txt", str(tmp_path / "breached.sha1")
        source.write_text("\n".join(passwords), encoding="utf-8")
        call_command("breached_passwords", "build", str(source), stdout=StringIO())
        return tmp_path / "breached.sha1"

    return build


# Looking up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["password", "PassWord", "password1234", "Password!!", "qwertyuiop99", "123456789012"],
)
def test_knows_common_passwords_and_what_is_added_to_them(password: str) -> None:
    assert breached_passwords.found_in(password) is PasswordList.COMMON


@pytest.mark.parametrize("password", [PASSWORD, "seven green bicycles", "passwordless grapefruit", "ab", "", "\ud800"])
def test_does_not_know_others(password: str) -> None:
    assert breached_passwords.found_in(password) is None


def test_knows_breached_passwords_only_as_they_are(breach: Callable[..., Path]) -> None:
    breach("Grüner Kaffee am Morgen")

    assert breached_passwords.found_in("Grüner Kaffee am Morgen") is PasswordList.BREACHED
    assert breached_passwords.found_in("grüner kaffee am morgen") is None


def test_sees_a_new_file_without_a_restart(breach: Callable[..., Path]) -> None:
    breach("first of two lists")
    assert breached_passwords.found_in("second of two lists") is None

    breach("second of two lists")

    assert breached_passwords.found_in("first of two lists") is None
    assert breached_passwords.found_in("second of two lists") is PasswordList.BREACHED


def test_a_lost_file_blocks_nobody(breach: Callable[..., Path]) -> None:
    breach("known long ago").unlink()

    assert breached_passwords.found_in("known long ago") is None


# At sign-in ----------------------------------------------------------------------------------------------------


def test_a_sign_in_with_a_breached_password_asks_for_a_new_one(ana: Person, breach: Callable[..., Path]) -> None:
    breach(PASSWORD)

    ana.sign_in()
    ana.browser.go("/methods/")

    assert ana.page.path == "/password/"
    assert User.objects.get(pk=ana.user.pk).breached_password_at is not None
    assert kinds(ana).count("password.found") == 1


def test_asks_once_a_new_one_was_set_no_more(ana: Person, breach: Callable[..., Path]) -> None:
    breach(PASSWORD)
    ana.sign_in()
    ana.browser.go("/password/")

    ana.browser.press("Change password", password=PASSWORD, new_password="seven green bicycles")

    assert ana.browser.go("/methods/").path == "/methods/"
    assert User.objects.get(pk=ana.user.pk).breached_password_at is None


def test_refuses_a_breached_password_as_a_new_one(ana: Person, breach: Callable[..., Path]) -> None:
    breach("seven green bicycles")
    ana.sign_in()
    ana.browser.go("/password/")

    ana.browser.press("Change password", password=PASSWORD, new_password="seven green bicycles")

    assert ana.page.path == "/password/"
    assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)


def test_an_incorrect_password_is_never_looked_up(ana: Person, breach: Callable[..., Path]) -> None:
    breach("not the password of ana")

    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username="ana", password="not the password of ana")

    assert User.objects.get(pk=ana.user.pk).breached_password_at is None


def test_no_record_contains_the_password_or_its_hash(ana: Person, breach: Callable[..., Path]) -> None:
    breach(PASSWORD)
    ana.sign_in()

    details = str(list(AuditEvent.objects.values()))

    assert PASSWORD not in details
    assert hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest()[:5] not in details.lower()


# The command and the check -------------------------------------------------------------------------------------


def test_refuses_an_unfinished_download_and_keeps_the_former_file(breach: Callable[..., Path], tmp_path: Path) -> None:
    former = breach("former")
    before, folder = former.read_bytes(), tmp_path / "ranges"
    folder.mkdir()
    (folder / "00000.txt").write_text(f"{'0' * 35}:4\n")

    with pytest.raises(CommandError, match=f"{range_files.N_RANGES - 1} of {range_files.N_RANGES} range files"):
        call_command("breached_passwords", "build", str(folder))

    assert former.read_bytes() == before
    call_command("breached_passwords", "build", str(folder), "--partial", stdout=StringIO())
    assert former.read_bytes() != before


def test_says_where_to_write_if_nobody_did(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="BREACHED_PASSWORDS_FILE"):
        call_command("breached_passwords", "build", str(tmp_path))


def check_ids() -> set[str | None]:
    return {message.id for message in checks.check_breached_passwords(None)}


def test_the_check_names_a_missing_a_damaged_and_an_old_file(
    breach: Callable[..., Path], tmp_path: Path, settings: Settings
) -> None:
    assert check_ids() == set()
    file, source = breach("one"), tmp_path / "source.txt"
    assert check_ids() == set()

    last_year = (timezone.now() - timedelta(days=366)).timestamp()
    os.utime(source, (last_year, last_year))
    call_command("breached_passwords", "build", str(source), stdout=StringIO())
    assert check_ids() == {"accounts.W011"}

    file.write_bytes(file.read_bytes()[:-1])
    assert check_ids() == {"accounts.E001"}
    file.unlink()
    assert check_ids() == {"accounts.E001"}
