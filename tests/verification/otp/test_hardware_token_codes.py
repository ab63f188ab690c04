"""Tests of HOTP and TOTP codes with the test vectors of the RFCs."""

import pytest

from verification.otp.hardware_token_codes import Scheme

SECRET = b"12345678901234567890"
LONG = {"sha1": SECRET, "sha256": (SECRET * 2)[:32], "sha512": (SECRET * 4)[:64]}
COUNTED = Scheme(is_counted=True)


@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (0, "755224"),
        (1, "287082"),
        (2, "359152"),
        (3, "969429"),
        (4, "338314"),
        (5, "254676"),
        (6, "287922"),
        (7, "162583"),
        (8, "399871"),
        (9, "520489"),
    ],
)
def test_codes_are_those_of_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert COUNTED.code(SECRET, counter) == code


@pytest.mark.parametrize(
    ("at", "name", "code"),
    [
        (59, "sha1", "94287082"),
        (59, "sha256", "46119246"),
        (59, "sha512", "90693936"),
        (1111111109, "sha1", "07081804"),
        (1111111109, "sha256", "68084774"),
        (1111111109, "sha512", "25091201"),
        (1111111111, "sha1", "14050471"),
        (1111111111, "sha256", "67062674"),
        (1111111111, "sha512", "99943326"),
        (1234567890, "sha1", "89005924"),
        (1234567890, "sha256", "91819424"),
        (1234567890, "sha512", "93441116"),
        (2000000000, "sha1", "69279037"),
        (2000000000, "sha256", "90698825"),
        (2000000000, "sha512", "38618901"),
        (20000000000, "sha1", "65353130"),
        (20000000000, "sha256", "77737706"),
        (20000000000, "sha512", "47863826"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(at: int, name: str, code: str) -> None:
    scheme = Scheme(digits=8, hash=name)

    assert scheme.code(LONG[name], scheme.at(at)) == code


def test_seven_digits_are_the_last_seven_of_eight() -> None:
    assert Scheme(digits=7, is_counted=True).code(SECRET, 0) == "4755224"


def test_start_moves_the_steps() -> None:
    assert (Scheme(start=60, step=60).at(119), Scheme(start=60, step=60).at(120)) == (0, 1)


def test_what_an_enrolment_keeps_is_read_again_and_old_ones_are_as_usual() -> None:
    scheme = Scheme(is_counted=True, digits=8, hash="sha512", step=45, start=7)

    assert Scheme.read(scheme.data()) == scheme
    assert Scheme.read({"step": 60, "something": "else"}) == Scheme(step=60)
