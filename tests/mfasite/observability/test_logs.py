"""Tests of the log filter that masks codes, secrets and phone numbers."""

import logging
import logging.config
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from mfasite.observability import logs
from mfasite.observability.log_masking import masked
from mfasite.observability.logs import Masked


@pytest.mark.parametrize(
    "line",
    [
        "your code is 483920.",
        "code=483920",
        "code:483920",
        "GET /sign-in/?code=483920 200",
        "the digits 483 920 were keyed",
        "483-920",
        "{'code': '483920'}",
    ],
)
def test_log_masks_a_code(line: str) -> None:
    assert "[code]" in masked(line)
    assert not {"483920", "920"} & set(masked(line).replace("'", " ").split())


@pytest.mark.parametrize(
    "name",
    ["id_token_hint", "login_hint", "code", "state", "code_verifier", "client_secret", "refresh_token", "progress"],
)
def test_masks_what_openid_connect_has_in_addresses(name: str) -> None:
    plain = f"GET /oauth/authorize/?client_id=abc&{name}=4ny.Th-ing_&max_age=5 200"
    inside = f"GET /sign-in/?next=%2Foauth%2Fauthorize%2F%3Fa%3Db%26{name}%3D4ny.Th-ing_%26max_age%3D5 200"

    for line in (plain, inside):
        assert "4ny.Th-ing_" not in masked(line)
        assert "max_age" in masked(line)


def test_masks_a_token() -> None:
    assert masked("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln now") == "got [token] now"


@pytest.mark.parametrize("number", ["+41795550123", "+41 79 555 01 23", "+1 (212) 555-0123", "+41-79-555-01-23"])
def test_masks_a_number(number: str) -> None:
    assert masked(f"sending to {number} failed") == "sending to [number] failed"


def test_masks_an_authenticators_secret() -> None:
    assert masked("see otpauth://totp/Example:ana?secret=JBSWY3DPEHPK3PXP now") == "see otpauth://[masked] now"


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-24 20:07:16,828 INFO",
        "took 0.123456 s",
        "message 0f3a9c51b2d84e6f9a7c3b1d2e4f6a8b accepted",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "port 8000, 12345 rows, 1234567 bytes",
    ],
)
def test_leaves_ordinary_lines_alone(line: str) -> None:
    assert masked(line) == line


def test_masks_a_traceback_too() -> None:
    try:
        raise ValueError("bad code 483920 for +41795550123")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("it", logging.ERROR, "it.py", 1, "failed", (), info)

    text = Masked("%(message)s").format(record)

    assert "ValueError: bad code [code] for [number]" in text
    assert "0123" not in text
    assert "483920" not in text


def test_successful_response_stays_information() -> None:
    """Seen failing: every line about a response became a warning."""
    record = logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO", "status_code": 200})

    logs.Foreseen().filter(record)

    assert (record.levelno, record.levelname) == (logging.INFO, "INFO")


def _wrong_host(client: Client) -> int:
    return client.get("/sign-in/", headers={"Host": "evil.example"}).status_code


def _too_long_form(client: Client) -> int:
    return client.post("/sign-in/", {"username": "x" * 300_000}).status_code


def _broken_form(client: Client) -> int:
    return client.generic("POST", "/sign-in/", b"x", "multipart/form-data").status_code


@pytest.mark.parametrize("ask", [_wrong_host, _too_long_form, _broken_form])
def test_what_strangers_can_cause_is_one_warning(
    ask: Callable[[Client], int], client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """They can cause it as often as they like: a traceback each time would fill the log. Seen failing for forms."""
    logging.config.dictConfig(logs.configuration("INFO", "text"))

    status = ask(client)

    told = capsys.readouterr().err
    logging.config.dictConfig(settings.LOGGING)
    assert (status, "WARNING django." in told) == (400, True)
    assert "ERROR" not in told
    assert "Traceback" not in told
