"""Tests of encryption: a value opens only in its own row and column, with each key of the list, and unchanged."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from verification.keys import crypto

OLD, NEW = ("t1", b"1" * 32), ("t2", b"2" * 32)


@pytest.fixture(autouse=True)
def _ring(settings: Any) -> None:
    settings.MFA_KEYS = (OLD,)


def seal(plain: bytes = b"a secret") -> str:
    return crypto.seal(plain, purpose="secret", bound="table.column:row:person")


def unseal(value: str, *, purpose: str = "secret", bound: str = "table.column:row:person") -> bytes:
    return crypto.unseal(value, purpose=purpose, bound=bound)


def test_opens_what_was_sealed_here() -> None:
    assert unseal(seal()) == b"a secret"


def test_seals_the_same_secret_differently_each_time() -> None:
    assert seal() != seal()


def test_shows_nothing_of_the_secret() -> None:
    assert b"secret" not in base64.urlsafe_b64decode(seal().split(".")[2])


@pytest.mark.parametrize(
    "bound", ["table.column:row:another", "table.column:other:person", "table.other:row:person", ""]
)
def test_does_not_open_in_another_place(bound: str) -> None:
    with pytest.raises(crypto.Unsealable):
        unseal(seal(), bound=bound)


def test_does_not_open_for_another_purpose() -> None:
    with pytest.raises(crypto.Unsealable):
        unseal(seal(), purpose="address")


@pytest.mark.parametrize("junk", ["", "v1", "v1.t1", "v1.t1.", "v1.t1.!!!", "v1.t1.QUJD", "v1.t1.QUJDRA=="])
def test_does_not_open_junk(junk: str) -> None:
    with pytest.raises(crypto.Unsealable):
        unseal(junk)


@pytest.mark.parametrize("at", [0, 3, 12, 20, -1])
def test_does_not_open_what_was_changed(at: int) -> None:
    head, key_id, body = seal().split(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[at] ^= 1

    with pytest.raises(crypto.Unsealable):
        unseal(f"{head}.{key_id}.{base64.urlsafe_b64encode(bytes(raw)).decode()}")


def test_does_not_open_under_another_version() -> None:
    with pytest.raises(crypto.Unsealable):
        unseal(seal().replace("v1.", "v2.", 1))


def test_new_key_seals_and_old_key_still_opens(settings: Any) -> None:
    old = seal()
    settings.MFA_KEYS = (NEW, OLD)

    assert unseal(old) == b"a secret"
    assert [sealed.split(".")[1] for sealed in (old, seal())] == ["t1", "t2"]


def test_key_that_left_the_ring_opens_nothing(settings: Any) -> None:
    old = seal()
    settings.MFA_KEYS = (NEW,)

    with pytest.raises(crypto.Unsealable):
        unseal(old)


def test_key_of_the_same_name_but_other_bytes_opens_nothing(settings: Any) -> None:
    old = seal()
    settings.MFA_KEYS = (("t1", b"3" * 32),)

    with pytest.raises(crypto.Unsealable):
        unseal(old)


def test_parts_of_a_mac_are_framed() -> None:
    assert crypto.mac("p", "ab", "c") != crypto.mac("p", "a", "bc")
    assert crypto.mac("p", "ab") != crypto.mac("p", "ab", "")


@pytest.fixture
def two_keys() -> Iterator[None]:
    """Let two keys make digests, as where an older release had two in its ring."""
    crypto._digest_keys.clear()
    crypto._digest_keys.update({"d2": NEW[1], "d1": OLD[1]})
    yield
    crypto._digest_keys.clear()


def test_macs_differ_by_purpose_and_key(two_keys: None) -> None:
    macs = {crypto.mac("p", "x"), crypto.mac("q", "x"), crypto.mac("p", "x", key_id="d1")}

    assert len(macs) == 3


def test_digests_do_not_depend_on_the_ring(settings: Any) -> None:
    before = crypto.digest("address", "+41795550123")
    settings.MFA_KEYS = (NEW,)

    assert crypto.digest("address", "+41795550123") == before


def test_looks_values_up_under_every_key(two_keys: None) -> None:
    before = crypto.mac("address", "+41795550123", key_id="d1").hex()

    assert before in crypto.digests("address", "+41795550123")
    assert crypto.digests("address", "+41795550123")[0] == crypto.digest("address", "+41795550123")


def test_names_its_keys_and_never_shows_them(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_digest_keys", {"d1": b"d" * 32})
    settings.MFA_KEYS = (NEW, OLD)

    assert (crypto.current_key(), crypto.key_ids()) == ("t2", ("t2", "t1"))
    assert (crypto.digest_key(), crypto.digest_keys()) == ("d1", ("d1",))
    with pytest.raises(crypto.Unsealable, match="'t9'"):
        crypto.mac("p", "x", key_id="t9")
