"""What providers' own error codes mean: kept, shown, and judged by whose fault it is."""

from typing import Any

import pytest

from verification.delivery.declaring_error_codes import Fault, tidy
from verification.delivery.providers.gateway.provider import provider as gateway
from verification.delivery.providers.smtp.provider import provider as smtp
from verification.delivery.providers.twilio.provider import provider as twilio
from verification.delivery.providers.vonage.provider import provider as vonage
from verification.delivery.routing import circuit_breaker, routes
from verification.models import FailureReason

CARRIERS: dict[str, Any] = {"twilio": twilio, "vonage": vonage, "gateway": gateway, "smtp": smtp}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "providers", lambda: CARRIERS)


TWILIO = {
    Fault.ACCOUNT: [
        *(20003, 20005, 20404, 21212, 21219, 21408, 21601, 21603, 21606, 21608, 21659, 21660, 21703, 21704, 21705),
        *(30002, 30010, 30018, 30024, 30032, 30033, 30034, 30035, 30037, 30040, 30041, 30042, 30043, 30044, 30045),
        *range(30124, 30135),
    ],
    Fault.NETWORK: [30017, 30020, 30021, 30410, 30420, 30500, 31000, 31005, 31500, 31503, 32011],
    Fault.LIMIT: [20429, 21611, 30001, 30022, 30023, 30027],
    Fault.NUMBER: [21211, 21214, 21610, 21612, 21614, 21617, 30003, 30004, 30005, 30006, 30450, 13224, 31480, 31486],
    Fault.CONTENT: [30007, 30019, 30036, 30038, 30039, 63016],
    Fault.UNKNOWN: [30008, 30485, 30600],
}


@pytest.mark.parametrize(("fault", "code"), [(fault, code) for fault, codes in TWILIO.items() for code in codes])
def test_code_of_twilio_has_a_meaning(fault: Fault, code: int) -> None:
    meaning = routes.meaning("twilio", str(code))

    assert meaning is not None
    assert meaning.fault is fault
    assert meaning.words


@pytest.mark.parametrize(
    ("provider", "code", "fault"),
    [
        ("vonage", "1060", Fault.ACCOUNT),
        ("vonage", "1070", Fault.ACCOUNT),
        ("vonage", "1120", Fault.ACCOUNT),
        ("vonage", "1180", Fault.NUMBER),
        ("vonage", "cannot_route", Fault.NUMBER),
        ("vonage", "http-401", Fault.ACCOUNT),
        ("gateway", "http-403", Fault.ACCOUNT),
        ("smtp", "535", Fault.ACCOUNT),
        ("smtp", "550", Fault.NUMBER),
        ("smtp", "421", Fault.NETWORK),
        ("twilio", "sip-404", Fault.NUMBER),
        ("twilio", "sip-503", Fault.NETWORK),
    ],
)
def test_code_of_any_provider_has_a_meaning(provider: str, code: str, fault: Fault) -> None:
    meaning = routes.meaning(provider, code)

    assert meaning is not None
    assert meaning.fault is fault


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, each in CARRIERS.items() for code in each.codes])
def test_every_code_can_be_kept(name: str, code: str) -> None:
    assert tidy(code) == code


@pytest.mark.parametrize(
    "text",
    [
        "41795550123",
        "+41795550123",
        "no such user ana@example.org",
        "a" * 33,
        "30003\0",
        "code: 123456",
        "<b>",
        "٣",
        None,
        "",
        0,
    ],
)
def test_keeps_nothing_that_is_more_than_a_code(text: object) -> None:
    """House rule: no number of a person and no free text of a carrier is stored."""
    assert tidy(text) == ""


@pytest.mark.parametrize("code", ["30003", "BAD_NUMBER", "E99", "cannot_route", "550 5.1.1", "sip-404", "http-401"])
def test_keeps_the_error_code_of_the_provider(code: str) -> None:
    assert tidy(code) == code


@pytest.mark.parametrize("code", ["99999", "1", "SOMETHING_NEW"])
def test_unknown_code_is_shown_as_it_is(code: str) -> None:
    assert routes.meaning("twilio", code) is None
    assert routes.explained("twilio", code) == f" {code}"
    assert routes.explained("not installed", "30003") == " 30003"


def test_known_code_is_shown_with_its_meaning() -> None:
    assert routes.explained("twilio", "30002") == f" 30002 ({twilio.codes['30002'].words})"
    assert routes.explained("twilio", "") == ""


@pytest.mark.parametrize(
    ("reason", "code", "counts"),
    [
        (FailureReason.PROVIDER_DOWN, "", True),
        (FailureReason.PROVIDER_DOWN, "30002", True),
        (FailureReason.COUNTRY_NOT_ALLOWED, "21408", True),
        (FailureReason.COUNTRY_NOT_ALLOWED, "", False),
        (FailureReason.RATE_LIMITED, "20429", True),
        (FailureReason.LANDLINE, "21614", False),
        (FailureReason.OPTED_OUT, "21610", False),
        (FailureReason.UNREACHABLE, "30003", False),
        (FailureReason.UNKNOWN, "99999", False),
    ],
)
def test_only_what_a_provider_can_mend_counts_against_it(reason: FailureReason, code: str, counts: bool) -> None:
    assert circuit_breaker.counts("twilio", reason, code) is counts


def test_number_s_fault_is_final_only_where_nobody_could_do_better() -> None:
    final = {code: meaning.fault for code, meaning in twilio.codes.items() if meaning.is_final}

    assert {"21211", "21610", "21614"} <= set(final)
    assert set(final.values()) == {Fault.NUMBER}
