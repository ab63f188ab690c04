"""Tests of the authenticator app: RFC 6238, the present step and the one before, each step once."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from verification.method_base import ChallengeData
from verification.methods.totp.method import code_at, method
from verification.outcomes import Verdict

SECRET = b"12345678901234567890"  # Source: RFC 6238, appendix B
STEP = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
ASK = ChallengeData(reference="K4", mode="", now=STEP, code="", match_code="", secret=SECRET, account="ana")


def ask_at(seconds: float, **more: Any) -> ChallengeData:
    return replace(ASK, now=STEP + timedelta(seconds=seconds), **more)


def step_of(ask: ChallengeData) -> int:
    return int(ask.now.timestamp()) // 30


CODE = code_at(SECRET, step_of(ASK))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_computes_what_the_standard_says(seconds: int, code: str) -> None:
    """Source: RFC 6238, appendix B, the last six of eight digits."""
    assert code_at(SECRET, seconds // 30) == code


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (-3600, Verdict.WRONG),
        (-5, Verdict.DRIFTED),
        (-0.1, Verdict.DRIFTED),
        (0, Verdict.PROVEN),
        (29.9, Verdict.PROVEN),
        (59.9, Verdict.PROVEN),
        (60, Verdict.DRIFTED),
        (3600, Verdict.WRONG),
    ],
)
def test_code_lives_in_its_step_and_the_next(seconds: float, verdict: Verdict) -> None:
    """R05, N06: no longer than thirty seconds after its step, and not a second before it where the clock is right."""
    assert method.check(ask_at(seconds, data={"lead": 0}), CODE).verdict is verdict


def test_names_the_step_that_is_used_up() -> None:
    assert method.check(ask_at(40), CODE).counter == step_of(ASK)


@pytest.mark.parametrize(
    ("counter", "verdict"), [(-1, Verdict.PROVEN), (0, Verdict.USED), (1, Verdict.USED)], ids=["new", "same", "later"]
)
def test_used_step_never_works_again(counter: int, verdict: Verdict) -> None:
    assert method.check(ask_at(0, counter=step_of(ASK) + counter), CODE).verdict is verdict


@pytest.mark.parametrize("answer", ["", "0", CODE[:5], f"{CODE}0", "ABCDEF", "#"])
def test_refuses_all_but_the_code(answer: str) -> None:
    assert method.check(ASK, answer).verdict is Verdict.WRONG


def test_makes_secrets_of_160_bits_that_differ() -> None:
    secrets = {method.enrol({}, account="ana").secret for _ in range(20)}

    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {20}


def test_address_for_apps_says_what_every_app_needs() -> None:
    shown = method.issue(replace(ASK, is_enrolment=True)).show

    parts = urlsplit(shown["uri"])
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/Example Organisation:ana")
    assert fields == {
        "secret": base64.b32encode(SECRET).decode().rstrip("="),
        "issuer": "Example Organisation",
        "digits": "6",
        "period": "30",
    }


def test_picture_is_made_here() -> None:
    shown = method.issue(replace(ASK, is_enrolment=True)).show

    assert shown["qr"].startswith("<svg")
    assert "http" not in shown["qr"].replace("http://www.w3.org", "")


def test_secret_to_type_is_in_groups() -> None:
    shown = method.issue(replace(ASK, is_enrolment=True)).show

    assert {len(group) for group in shown["secret"].split()} == {4}
    assert base64.b32decode(shown["secret"].replace(" ", "").upper()) == SECRET


def test_shows_no_secret_once_it_is_set_up() -> None:
    assert method.issue(ASK).show == {}


@pytest.mark.parametrize(
    ("organisation", "account", "label"),
    [
        ("Example Org", "ana", "Example%20Org:ana"),
        ("Example: Org", "ana:b", "Example%20%20Org:ana%20b"),
        ("A/B", "ana@x.org", "A%2FB:ana%40x.org"),
    ],
)
def test_label_holds_one_colon_only(settings: Any, organisation: str, account: str, label: str) -> None:
    """Apps read what stands before the first colon as the issuer, even if it is quoted."""
    settings.ORGANISATION_NAME = organisation

    uri = method.issue(replace(ASK, account=account, is_enrolment=True)).show["uri"]

    assert uri.startswith(f"otpauth://totp/{label}?")
    assert ":" not in parse_qs(urlsplit(uri).query)["issuer"][0]
