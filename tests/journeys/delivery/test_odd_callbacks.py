"""Tests of odd values in callbacks and in requests of services: no server error, and a refusal changes nothing."""

import itertools
import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from accounts.models import User
from tests.every_page import odd_values
from tests.infrastructure.rounds import rounds
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.fake_carrier import KEY, TOKEN, vonage_bearer
from tests.simulated.people import PASSWORD, Person, work
from verification.delivery.providers.gateway import conf as gateway_conf
from verification.delivery.providers.gateway import signature as gateway_signature
from verification.delivery.providers.virtual import signature
from verification.delivery.routing import routes
from verification.models import Message, MessageState, OptOut

ALL = bool(os.environ.get("ODD_INPUTS"))
SITE = "http://testserver"
OTHERS: tuple[Any, ...] = (None, True, 0, -1, 2**63, 10**40, 1.5, [], {}, [None], {"a": {"b": []}}, [[[[[]]]]])
WORDS = [value for value in odd_values.VALUES.values() if len(value) < 30_000]
UNREAD = [
    b"",
    b"null",
    b"[]",
    b"1",
    b'"a"',
    b"{",
    b"\xff\xfe",
    b"[" * 60_000,
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"\0",
]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def state(message: Message) -> tuple[Any, ...]:
    message.refresh_from_db()
    return message.state, message.reason, message.reference, OptOut.objects.count()


def by_virtual(path: str, body: bytes) -> Any:
    headers = signature.headers(address=SITE + path, body=body, now=timezone.now())
    sent = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Client().post(path, body, "application/json", headers=sent)


def by_vonage(path: str, body: bytes) -> Any:
    return Client().post(path, body, "application/json", headers={"Authorization": vonage_bearer(body)})


def by_gateway(path: str, body: bytes) -> Any:
    moment = str(int(time.time()))
    signed = gateway_signature.sign(gateway_conf.read(), key=KEY, moment=moment, url=SITE + path, body=body)
    headers = {"X-Timestamp": moment, "X-Signature": f"sha256={signed}"}
    return Client().post(path, body, "application/json", headers=headers)


CARRIERS = {"virtual": by_virtual, "vonage": by_vonage, "gateway": by_gateway}


def callback_body(carrier: str, event: str, message: Message) -> dict[str, Any]:
    """Return a carrier's normal callback about a message."""
    name, handle = message.reference, message.handle
    table: dict[tuple[str, str], dict[str, Any]] = {
        ("virtual", "receipt"): {
            "event": event,
            "message": handle,
            "reference": name,
            "state": "delivered",
            "reason": "",
        },
        ("virtual", "keys"): {"event": event, "message": handle, "reference": name, "keys": "12#"},
        ("vonage", "receipt"): {
            "message_uuid": name,
            "client_ref": handle,
            "status": "rejected",
            "error": {"title": 1},
        },
        ("vonage", "keys"): {"uuid": name, "call_uuid": name, "dtmf": {"digits": "12", "timed_out": False}},
        ("vonage", "inbound"): {"from": "41795550123", "text": "STOP", "message_uuid": "m1"},
        ("gateway", "receipt"): {"id": name, "status": "delivered", "error": "no", "reference": name},
    }
    return table.get((carrier, event), {"status": "ringing", "uuid": name, "detail": "", "call_uuid": name})


@pytest.mark.parametrize("event", ["receipt", "keys", "inbound", "other"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_takes_any_value_in_what_is_signed(
    carrier: str, event: str, ana: Person, vonage: Any, gateway: Any, settings: Any
) -> None:
    ana.give_password()
    work()
    if event == "keys":
        ana.choose("Phone call")
        work()
    message = Message.objects.latest("pk")
    Message.objects.filter(pk=message.pk).update(provider=carrier, state=MessageState.SENT)
    settings.DELIVERY_PROVIDERS = tuple(f"verification.delivery.providers.{name}" for name in CARRIERS)
    routes._load.cache_clear()
    good, path = callback_body(carrier, event, message), f"/callbacks/{carrier}/{event}/{message.handle}/"
    before = state(message)

    bodies = [json.dumps(good | {name: value}).encode() for name in good for value in (*OTHERS, *WORDS)][
        :: 1 if ALL else rounds(11, 3)
    ]
    bodies += [json.dumps({key: value for key, value in good.items() if key != name}).encode() for name in good]
    for body in (*bodies, *UNREAD):
        with undone():
            answer = CARRIERS[carrier](path, body)
            if answer.status_code >= 400:
                assert answer.status_code in {400, 403, 413}, body
                assert state(message) == before, body


@pytest.mark.parametrize("event", ["receipt", "keys", "inbound", "other"])
def test_takes_any_value_in_what_twilio_signs(event: str, ana: Person, twilio: Any, settings: Any) -> None:
    ana.give_password()
    work()
    message = Message.objects.latest("pk")
    Message.objects.filter(pk=message.pk).update(provider="twilio", state=MessageState.SENT)
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.twilio",)
    routes._load.cache_clear()
    before, path = state(message), f"/callbacks/twilio/{event}/{message.handle}/"
    names = ("MessageSid", "MessageStatus", "ErrorCode", "CallSid", "CallStatus", "AnsweredBy", "SipResponseCode")
    good = {"MessageSid": message.reference, "MessageStatus": "undelivered", "From": "+41795550123", "Body": "STOP"}

    for name in (*names, "Digits", "From", "Body", "OptOutType", "AccountSid"):
        for value in WORDS[:: 1 if ALL else rounds(13, 5)]:
            fields = good | {name: value.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd")}
            signed = RequestValidator(TOKEN).compute_signature(SITE + path, fields)
            with undone():
                answer = Client().post(
                    path, urlencode(fields), "application/x-www-form-urlencoded", headers={"X-Twilio-Signature": signed}
                )
                if answer.status_code >= 400:
                    assert answer.status_code in {400, 403, 413}, fields
                    assert state(message) == before, fields


@pytest.fixture
def mail(db: None) -> AppPasswordService:
    return app_password_services.build("mail", program="mail", upstream_host="127.0.0.1", upstream_port=143)


def test_takes_any_value_from_a_service(ana: Person, mail: AppPasswordService) -> None:
    good = {"X-Service-Key": mail.key, "Auth-Method": "plain", "Auth-User": "ana", "Auth-Pass": PASSWORD}
    good |= {"Authorization": _basic("ana", PASSWORD), "X-Protocol": "imap", "Auth-Protocol": "imap"}
    good |= {"X-Real-IP": app_password_services.HOME, "Client-IP": app_password_services.HOME}
    passwords = User.objects.values_list("password", flat=True)
    before = list(passwords)

    paths = itertools.cycle(("/integrations/basic/", "/integrations/basic/mail/", "/integrations/basic/mail/"))
    for value in (*odd_values.VALUES.values(), *odd_values.RAW):
        shown = [(name, each) for name in good for each in (odd_values.header(value), odd_values.escaped(value))]
        shown += [("Authorization", _basic(value, PASSWORD)), ("Authorization", _basic("ana", value))]
        for name, each in shown[:: 1 if ALL else rounds(11, 3)]:
            with undone():
                answer = Client().get(next(paths), headers=good | {name: each})
                assert answer.status_code in {200, 204, 400, 401, 403}, (name, each)
    assert list(passwords) == before


def _basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode('utf-8', 'surrogatepass')).decode()}"
