"""Tests of key rotation: everything a person has keeps working, and no table still depends on the retired key."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import app_passwords, password_resets
from accounts.models import User
from accounts.support.imports import jobs
from tests.key_rotation.possessions import NEW, OLD, STOPPED, Possessions, Restart
from tests.simulated import app_password_services
from verification import audit, browsers, checks, limits
from verification.keys import key_uses
from verification.limits import opt_outs
from verification.management import triggers_months_and_first_rows_after_migrate
from verification.models import (
    Counter,
    DigestKey,
    Enrolment,
    Failure,
    Message,
)

# What must go on working --------------------------------------------------------------------------------------------


def test_app_password_and_service_key_outlive_the_old_key(rotated: Possessions) -> None:
    app_passwords.service_keys._services.forget()

    assert app_password_services.owner(rotated.door.key) == rotated.door.service
    assert rotated.door.opens("ana", rotated.app_password)


def test_recovery_code_pass_and_app_outlive_the_old_key(rotated: Possessions) -> None:
    assert rotated.prove("recovery", rotated.person.codes[0].replace("-", ""))
    assert rotated.prove("access_pass", rotated.access_pass)
    Enrolment.objects.filter(method="totp").update(counter=-1)
    assert rotated.prove("totp", rotated.person.read_app())
    assert not Failure.objects.filter(consecutive__gt=0).exists()


def test_remembered_browser_link_and_stop_outlive_the_old_key(rotated: Possessions) -> None:
    assert browsers.recognise(rotated.person.user, rotated.context())[0]
    assert password_resets.open_link(*rotated.link, rotated.context()) is not None
    assert opt_outs.has_stopped(STOPPED)


def test_import_and_messages_outlive_the_old_key(rotated: Possessions) -> None:
    assert {message.address for message in Message.objects.filter(kind="mail")} == {"ana@example.org"}
    User.objects.filter(pk=rotated.person.user.pk).update(is_staff=True, is_superuser=True)
    jobs.work(rotated.context().now)
    assert jobs.apply(rotated.job, rotated.person.user, rotated.context()) is not None


def test_record_and_counts_outlive_the_old_key(rotated: Possessions) -> None:
    assert list(audit.verify()) == []
    assert limits.password_gate("ana", rotated.context()).is_open
    counter = Counter.objects.filter(scope="password.name").values_list("count", flat=True)
    assert max(counter) > 1  # the same name's row, counted on


def test_session_goes_on(rotated: Possessions) -> None:
    assert rotated.person.browser.go("/methods/").path == "/methods/"


def test_nothing_is_missing_afterwards(rotated: Possessions) -> None:
    assert checks.keys_fit(None) == []


def test_start_counts_no_values_if_the_keys_fit(rotated: Possessions) -> None:
    """Counting 500,000 messages took each process 2 seconds. Seen failing when it counted the values of each key."""
    with CaptureQueriesContext(connection) as asked:
        assert checks.keys_fit(None) == []

    assert [query["sql"] for query in asked if "GROUP BY" in query["sql"]] == []


def test_command_says_when_a_key_may_go(possessions: Possessions, restart: Restart, capsys: Any) -> None:
    restart(NEW, OLD)

    call_command("reencrypt")

    told = capsys.readouterr().out
    assert "key t1: can be removed from MFA_KEYS" in told
    assert "key t2: 1 keys of digests" in told


# What must be refused -----------------------------------------------------------------------------------------------


def test_ring_without_a_needed_key_is_refused_and_says_what_would_be_lost(
    possessions: Possessions, restart: Restart
) -> None:
    restart(NEW)

    [error] = checks.keys_fit(None)

    assert error.is_serious()
    for words in ("MFA_KEYS has no key t1", "app password", "opt-out", "phone numbers", "authenticator", "imports"):
        assert words in error.msg


def test_another_key_of_the_same_name_is_refused(possessions: Possessions, restart: Restart) -> None:
    restart(("t1", NEW[1]))

    [error] = checks.keys_fit(None)

    lost = list(key_uses.lost())
    assert {each.key_id for each in lost} == {"t1"}
    assert all(str(each) in error.msg for each in lost)


def test_database_without_its_digest_key_is_refused(possessions: Possessions, restart: Restart) -> None:
    name = DigestKey.objects.get().name
    DigestKey.objects.all().delete()
    triggers_months_and_first_rows_after_migrate.make_first_rows()  # `migrate` draws no new one beside a record
    restart(OLD)

    [error] = checks.keys_fit(None)

    assert not DigestKey.objects.exists()
    assert f" key {name} " in error.msg


def test_one_damaged_value_stops_nobody_elses_start(possessions: Possessions, restart: Restart) -> None:
    Enrolment.objects.filter(method="totp").update(sealed_secret="damaged")

    assert checks.keys_fit(None) == []


def test_verification_of_the_record_names_a_missing_key(
    possessions: Possessions, restart: Restart, capsys: Any
) -> None:
    name = DigestKey.objects.get().name
    restart(NEW)

    faults = {fault.text for fault in audit.verify()}

    assert [fault.partition(", ")[0] for fault in faults] == [f"key missing: {name}"]
    with pytest.raises(CommandError, match="was changed"):
        call_command("verify_audit")
    assert "key missing" in capsys.readouterr().err
