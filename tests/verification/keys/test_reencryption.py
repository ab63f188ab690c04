"""Sealed values move to the current key beside traffic, and then the older key may leave the ring."""

from typing import Any

import pytest
from django.core.management import call_command

from tests.verification.conftest import BINDING, NUMBER, EngineUser
from verification import challenges, enrolments
from verification.keys import crypto, key_uses, reencryption
from verification.models import Enrolment, Message


@pytest.fixture
def rotated(ana: EngineUser, settings: Any) -> EngineUser:
    """Return a person whose secrets lie under the older of two keys."""
    ana.start("text")
    settings.MFA_KEYS = (("t2", b"2" * 32), *settings.MFA_KEYS)
    return ana


def test_moves_everything_to_the_current_key(rotated: EngineUser) -> None:
    list(reencryption.run())

    assert [key_id for key_id, by_use in key_uses.needed().items() if by_use] == ["t2"]


def test_keys_whose_names_differ_in_case_are_two_keys(ana: EngineUser, settings: Any) -> None:
    """Seen failing on SQLite: the values of the older key stayed under it, however often it ran."""
    [(name, value)] = settings.MFA_KEYS
    settings.MFA_KEYS = ((name.upper(), b"2" * 32), (name, value))

    list(reencryption.run())

    assert [key_id for key_id, by_use in key_uses.needed().items() if by_use] == [name.upper()]


def test_older_key_may_leave_afterwards(rotated: EngineUser, settings: Any) -> None:
    before = (rotated.enrolment("text").address, rotated.enrolment("totp").secret, Message.objects.get().address)
    list(reencryption.run())
    settings.MFA_KEYS = settings.MFA_KEYS[:1]

    after = (rotated.enrolment("text").address, rotated.enrolment("totp").secret, Message.objects.get().address)

    assert after == before


def test_digests_for_looking_up_move_too(rotated: EngineUser) -> None:
    list(reencryption.run())

    assert rotated.enrolment("text").address_digest == crypto.digest("address", "+41795551234")


def test_second_run_finds_nothing_to_do(rotated: EngineUser) -> None:
    list(reencryption.run())

    assert [count for _, count in reencryption.run()] == [0] * len(list(reencryption.run()))


def test_leaves_a_row_that_changed_meanwhile(rotated: EngineUser) -> None:
    row = rotated.enrolment("totp")
    stale = Enrolment.objects.get(pk=row.pk)
    row.secret = b"a newer secret"
    row.save(update_fields=["sealed_secret"])

    use = next(use for use in key_uses.sealed() if use.column == "sealed_secret")

    assert reencryption._reencrypt(use, stale) == 0
    assert rotated.enrolment("totp").secret == b"a newer secret"


def test_number_set_up_again_while_keys_change_is_one_enrolment(rotated: EngineUser) -> None:
    """Under the newer key the same number looked like another one, and re-encrypting broke off at the double (seen)."""
    later = rotated.later(minutes=6)
    fields = {"country": "CH", "number": NUMBER}
    issued = challenges.enrol(
        later.user, "text", fields, binding=f"{BINDING} 2", context=later.context, rules=later.rules
    )
    assert later.answer(issued, later.code(issued), binding=f"{BINDING} 2").proven

    list(reencryption.run())

    assert [e.enrolment.method for e in enrolments.confirmed(rotated.user.pk)].count("text") == 1
    assert [e.enrolment.method for e in enrolments.confirmed(rotated.user.pk)].count("call") == 1


def test_command_counts_the_values_of_each_key(rotated: EngineUser, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reencrypt")

    assert "key t2: " in capsys.readouterr().out
