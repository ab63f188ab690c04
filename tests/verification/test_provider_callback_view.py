"""What providers call: without their signature over address, body and time nothing changes; replays change nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification.delivery.providers.virtual import signature
from verification.delivery.providers.virtual.models import Delivery
from verification.models import AuditEvent, Challenge, Failure, Message, MessageState
from verification.outcomes import Outcome, Verdict

STATES = {"receipt": {"state": "delivered", "reason": ""}, "keys": {"keys": "#"}}


def body_of(call: Delivery, event: str, **changes: str) -> bytes:
    told = {"event": event, "message": call.message_id, "reference": call.reference, **STATES[event], **changes}
    return json.dumps(told).encode()


def post(address: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    path = address.removeprefix("http://testserver")
    sent = {name: value for name, value in (headers or {}).items() if name != "Content-Type"}
    client = Client(enforce_csrf_checks=True)
    return client.post(path, data=body, content_type="application/json", headers=sent).status_code


def signed(address: str, body: bytes, **ago: float) -> dict[str, str]:
    return signature.headers(address=address, body=body, now=timezone.now() - timedelta(**ago))


def everything() -> list[Any]:
    tables: list[type[models.Model]] = [Message, Challenge, AuditEvent, Failure]
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


@pytest.fixture
def issued(ana: EngineUser) -> Outcome:
    return ana.start("call")


@pytest.fixture
def call(ana: EngineUser, issued: Outcome) -> Delivery:
    """Return a call that is under way."""
    return ana.deliver()[-1]


def address_of(call: Delivery, event: str) -> str:
    return call.receipt_url if event == "receipt" else call.keys_url


Forgery = Callable[[str, bytes], tuple[str, bytes, dict[str, str]]]
FORGERIES: dict[str, Forgery] = {
    "without a signature": lambda address, body: (address, body, {}),
    "with an empty one": lambda address, body: (address, body, {signature.HEADER: ""}),
    "with a made-up one": lambda address, body: (address, body, {signature.HEADER: f"t=1,v1={'0' * 64}"}),
    "with another body": lambda address, body: (address, body.replace(b"e", b"f", 1), signed(address, body)),
    "for another address": lambda address, body: (address, body, signed(f"{address}?x=1", body)),
    "at another address": lambda address, body: (f"{address}?x=1", body, signed(address, body)),
    "too old": lambda address, body: (address, body, signed(address, body, minutes=6)),
    "from the future": lambda address, body: (address, body, signed(address, body, minutes=-6)),
}


@pytest.mark.parametrize("event", ["receipt", "keys"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_callback_changes_nothing(
    ana: EngineUser, call: Delivery, issued: Outcome, forgery: str, event: str
) -> None:
    body = body_of(call, event, **({"keys": f"{ana.match(issued)}#"} if event == "keys" else {}))
    address, sent, headers = FORGERIES[forgery](address_of(call, event), body)
    before = everything()

    assert post(address, sent, headers) == 403
    assert everything() == before


def test_signed_receipt_is_believed(call: Delivery) -> None:
    body = body_of(call, "receipt", state="answered")

    assert post(call.receipt_url, body, signed(call.receipt_url, body)) == 200
    assert Message.objects.get().state == MessageState.ANSWERED


def test_signed_keys_are_believed(ana: EngineUser, call: Delivery, issued: Outcome) -> None:
    body = body_of(call, "keys", keys=f"{ana.match(issued)}#")

    assert post(call.keys_url, body, signed(call.keys_url, body)) == 200
    assert ana.collect(issued).proven


@pytest.mark.parametrize("event", ["receipt", "keys"])
def test_replayed_callback_changes_nothing(ana: EngineUser, call: Delivery, issued: Outcome, event: str) -> None:
    address = address_of(call, event)
    body = body_of(call, event, **({"keys": f"{ana.match(issued)}#"} if event == "keys" else {}))
    headers = signed(address, body)
    post(address, body, headers)
    before = everything()

    for _ in range(3):
        post(address, body, headers)

    assert everything() == before


def test_replayed_approval_does_not_open_again(ana: EngineUser, call: Delivery, issued: Outcome) -> None:
    body = body_of(call, "keys", keys=f"{ana.match(issued)}#")
    headers = signed(call.keys_url, body)
    post(call.keys_url, body, headers)
    assert ana.collect(issued).proven

    post(call.keys_url, body, headers)

    assert ana.collect(issued).verdict is Verdict.USED


def test_callback_for_another_message_changes_nothing(ana: EngineUser, call: Delivery) -> None:
    """The signature fits the address, but the body names another message."""
    other = ana.start("text", binding="another session")
    body = body_of(call, "receipt").replace(call.message_id.encode(), other.handle.encode())

    assert post(call.receipt_url, body, signed(call.receipt_url, body)) == 403
    assert Message.objects.get(handle=call.message_id).state == MessageState.ACCEPTED


@pytest.mark.parametrize("event", ["receipt", "keys"])
@pytest.mark.parametrize("reference", ["of another call", "x" * 65, "x\0", "\ud800", ""])
def test_callback_under_another_name_changes_nothing(call: Delivery, event: str, reference: str) -> None:
    """Seen failing with the reference that came written over ours."""
    body = body_of(call, event, reference=reference)
    before = everything()

    assert post(address_of(call, event), body, signed(address_of(call, event), body)) == 403
    assert everything() == before


@pytest.mark.parametrize("event", ["receipt", "keys"])
def test_unknown_message_changes_nothing_and_is_no_error(call: Delivery, event: str) -> None:
    address = address_of(call, event).replace(call.message_id, "0" * 32)
    body = body_of(call, event, message="0" * 32)
    before = everything()

    assert post(address, body, signed(address, body)) in {200, 204}
    assert everything() == before


def test_keys_that_belong_to_a_text_change_nothing(ana: EngineUser) -> None:
    """There are no words for them, and the answer was an error (seen)."""
    ana.start("text")
    text = ana.deliver()[-1]
    body = body_of(text, "keys", keys="1#")
    before = everything()

    assert post(text.keys_url, body, signed(text.keys_url, body)) in {200, 204}
    assert everything() == before


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"event": "receipt"}', b"{" * 50_000])
def test_junk_with_a_good_signature_changes_nothing(call: Delivery, body: bytes) -> None:
    before = everything()

    assert post(call.receipt_url, body, signed(call.receipt_url, body)) == 403
    assert everything() == before


def test_name_that_stands_twice_changes_nothing(call: Delivery) -> None:
    body = body_of(call, "receipt", state="ringing").replace(b"{", b'{"state": "answered", ', 1)
    before = everything()

    assert post(call.receipt_url, body, signed(call.receipt_url, body)) == 403
    assert everything() == before


@pytest.mark.parametrize("query", ["?state=delivered", "?language=en&x=1", "?language=" + "e" * 100, "?language=e%00"])
@pytest.mark.parametrize("event", ["receipt", "keys"])
def test_address_that_we_did_not_hand_out_changes_nothing(call: Delivery, event: str, query: str) -> None:
    address = f"{address_of(call, event)}{query}"
    body = body_of(call, event)
    before = everything()

    assert post(address, body, signed(address, body)) in {400, 403}
    assert everything() == before


def test_flood_of_bytes_is_not_read(call: Delivery) -> None:
    body = b" " * 65_537

    assert post(call.receipt_url, body, signed(call.receipt_url, body)) == 413


@pytest.mark.parametrize("length", ["", "0", "-1"])
def test_length_that_is_none_is_no_error(call: Delivery, length: str) -> None:
    path = call.receipt_url.removeprefix("http://testserver")

    assert Client().generic("POST", path, b"{}", CONTENT_LENGTH=length).status_code in {400, 403}


def test_provider_that_is_not_installed_has_no_address(db: None) -> None:
    assert post("/callbacks/nobody/receipt/abc/", b"{}") == 404


@pytest.mark.parametrize(
    ("verb", "status"), [("get", 405), ("head", 405), ("put", 405), ("delete", 405), ("options", 204)]
)
def test_takes_only_post_requests(call: Delivery, verb: str, status: int) -> None:
    path = call.receipt_url.removeprefix("http://testserver")
    before = everything()

    assert getattr(Client(), verb)(path).status_code == status
    assert everything() == before


def test_signature_is_of_the_configured_address_whatever_host_the_request_names(call: Delivery) -> None:
    body = body_of(call, "receipt", state="answered")
    path = call.receipt_url.removeprefix("http://testserver")
    headers = signed(call.receipt_url, body) | {"Host": "127.0.0.1"}
    headers.pop("Content-Type")

    answer = Client().post(path, data=body, content_type="application/json", headers=headers)

    assert answer.status_code == 200
