"""A post passes only with the carrier's fresh signature over this very address and body."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.verification.delivery.providers.virtual.conftest import OURS
from verification.delivery.provider_interface import Callback, Forged
from verification.delivery.providers.virtual import signature
from verification.delivery.providers.virtual.provider import provider
from verification.keys import crypto

MESSAGE = "0123456789abcdef0123456789abcdef"
RECEIPT = b'{"event": "receipt", "message": "%b", "reference": "VP1", "state": "delivered", "reason": ""}'
BODY = RECEIPT % MESSAGE.encode()


def signed(body: bytes = BODY, *, event: str = "receipt", age: timedelta = timedelta(0)) -> Callback:
    url = f"{OURS}/{event}/{MESSAGE}/"
    headers = signature.headers(address=url, body=body, now=datetime.now(UTC) - age)
    lower = {name.lower(): value for name, value in headers.items()}
    return Callback(url=url, headers=lower, body=body, event=event, message_id=MESSAGE)


def with_header(value: str) -> Callable[[Callback], Callback]:
    return lambda callback: replace(callback, headers={signature.HEADER: value})


def test_passes_what_the_carrier_signed() -> None:
    parsed = provider.parse(signed())

    assert [(receipt.message_id, receipt.state) for receipt in parsed.receipts] == [(MESSAGE, "delivered")]


def test_reads_a_key_press() -> None:
    body = b'{"event": "keys", "message": "%b", "reference": "VP1", "keys": "47#"}' % MESSAGE.encode()

    assert [press.keys for press in provider.parse(signed(body, event="keys")).presses] == ["47#"]


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(lambda callback: replace(callback, body=BODY.replace(b"delivered", b"failed")), id="body"),
        pytest.param(lambda callback: replace(callback, url=callback.url + "?x=1"), id="query"),
        pytest.param(lambda callback: replace(callback, url=callback.url.replace("http:", "https:")), id="scheme"),
        pytest.param(lambda callback: replace(callback, headers={}), id="no signature"),
        pytest.param(with_header(""), id="empty"),
        pytest.param(with_header("t=,v1="), id="blanks"),
        pytest.param(with_header("t=x,v1=00"), id="no time"),
        pytest.param(with_header("t=²,v1=00"), id="odd digit"),
        pytest.param(with_header("t=1,v1=ü"), id="not ascii"),
        pytest.param(with_header("t=" + "9" * 400 + ",v1=00"), id="long time"),
        pytest.param(with_header("nonsense"), id="nonsense"),
    ],
)
def test_refuses_what_was_altered(alter: Callable[[Callback], Callback]) -> None:
    with pytest.raises(Forged):
        provider.parse(alter(signed()))


def test_refuses_another_time_under_the_same_signature() -> None:
    callback = signed(age=timedelta(minutes=6))
    old = callback.headers[signature.HEADER].partition(",")[2]
    fresh = f"t={int(datetime.now(UTC).timestamp())},{old}"

    with pytest.raises(Forged):
        provider.parse(replace(callback, headers={signature.HEADER: fresh}))


@pytest.mark.parametrize("minutes", [6, -6])
def test_refuses_what_is_stale_or_ahead_of_time(minutes: int) -> None:
    with pytest.raises(Forged, match="seconds from ours"):
        provider.parse(signed(age=timedelta(minutes=minutes)))


def test_passes_what_is_a_few_minutes_old() -> None:
    assert provider.parse(signed(age=timedelta(minutes=4))).receipts


def test_refuses_a_signed_post_at_the_address_of_another_message() -> None:
    with pytest.raises(Forged):
        provider.parse(replace(signed(), message_id="f" * 32))


def test_refuses_a_receipt_at_the_address_for_keys() -> None:
    with pytest.raises(Forged):
        provider.parse(signed(event="keys"))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff", b"null", BODY.replace(b"delivered", b"levitating"), BODY.replace(b'""', b'"mood"')],
)
def test_refuses_a_signed_body_that_is_neither_receipt_nor_key_press(body: bytes) -> None:
    with pytest.raises(Forged):
        provider.parse(signed(body))


def test_passes_what_an_older_key_of_digests_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    callback = signed()

    monkeypatch.setattr(crypto, "_digest_keys", {"newer": b"n" * 32, **crypto._digest_keys})

    assert provider.parse(callback).receipts


def test_refuses_what_another_key_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    callback = signed()

    monkeypatch.setattr(crypto, "_digest_keys", {"other": b"o" * 32})

    with pytest.raises(Forged):
        provider.parse(callback)
