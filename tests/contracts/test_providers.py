"""Contract tests for every provider in the repository, installed or not."""

import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from django.apps import AppConfig
from django.conf import settings
from django.core.checks.registry import registry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from verification.delivery.provider_interface import Callback, Forged, Outgoing, Provider, ResponseLost, SendRefused
from verification.keys import key_uses
from verification.models import Channel, FailureReason

HOUSE = Path(settings.BASE_DIR, "verification/delivery/providers")
FOLDERS = sorted(path.parent.name for path in HOUSE.glob("*/provider.py"))
PROVIDERS = {
    **{name: f"verification.delivery.providers.{name}" for name in FOLDERS},
    "nobody": "tests.refusing_provider",
}
every = pytest.mark.parametrize("name", PROVIDERS)


def provider(name: str) -> Provider:
    return cast("Provider", import_module(f"{PROVIDERS[name]}.provider").provider)


def outgoing(kind: Channel) -> Outgoing:
    return Outgoing(
        id="0123456789abcdef0123456789abcdef",
        kind=kind,
        to="ana@example.org" if kind == Channel.MAIL else "+41795550123",
        words="Your code is 482 917.",
        subject="A subject" if kind == Channel.MAIL else "",
        language="en",
        request_reference="K4",
        useful_until=datetime(2051, 1, 1, tzinfo=UTC),
        receipt_url="http://testserver/callbacks/x/receipt/0123456789abcdef0123456789abcdef/",
        keys_url="http://testserver/callbacks/x/keys/0123456789abcdef0123456789abcdef/",
    )


def callback(**more: Any) -> Callback:
    values: dict[str, Any] = {
        "url": f"http://testserver/callbacks/x/receipt/{'a' * 32}/",
        "headers": {},
        "body": b"",
        "event": "receipt",
        "message_id": "a" * 32,
    }
    return Callback(**values | more)


@every
def test_is_named_as_its_folder(name: str) -> None:
    assert provider(name).name == name


@every
def test_says_what_it_carries(name: str) -> None:
    kinds = provider(name).kinds

    assert kinds
    assert kinds <= set(Channel)


@every
def test_hands_over_or_says_why_not(name: str, db: None) -> None:
    """Whatever happens on the network, a provider raises only two errors."""
    carrier = provider(name)

    told = [_send(carrier, kind) for kind in sorted(carrier.kinds)]

    assert all(word in {"lost", *FailureReason.values} or len(word) in range(8, 65) for word in told)


def _send(carrier: Provider, kind: Channel) -> str:
    try:
        return carrier.send(outgoing(kind))
    except SendRefused as refusal:
        return str(refusal.reason)
    except ResponseLost:
        return "lost"


@every
@pytest.mark.parametrize(
    "forged",
    [
        callback(),
        callback(body=b"{}"),
        callback(body=b"\xff\xfe", headers={"content-type": "application/json"}),
        callback(event="keys", body=b"Digits=47%23"),
        callback(event="something"),
        callback(
            headers={"x-virtual-signature": "t=1,v1=0", "x-twilio-signature": "AAAA", "authorization": "Basic eA=="}
        ),
    ],
)
def test_believes_nobody_without_a_signature(name: str, forged: Callback) -> None:
    """R34."""
    with pytest.raises(Forged):
        provider(name).parse(forged)


@every
def test_says_whether_it_is_fit_for_service(name: str, db: None) -> None:
    assert provider(name).probe() in {True, False}


@every
def test_knows_no_people(name: str, db: None) -> None:
    """A provider can have tables of its own, but never queries the engine's tables or people."""
    with CaptureQueriesContext(connection) as captured:
        for kind in provider(name).kinds:
            _send(provider(name), kind)

    touched = " ".join(query["sql"] for query in captured)
    assert not [table for table in ("accounts_", "verification_", "auth_") if f'"{table}' in touched]


@pytest.mark.parametrize("name", FOLDERS)
def test_has_its_own_tests(name: str) -> None:
    folder = Path(settings.BASE_DIR, "tests/verification/delivery/providers", name)

    assert list(folder.glob("test_*.py"))


@pytest.mark.parametrize("name", [name for name in FOLDERS if (HOUSE / name / "checks.py").exists()])
def test_registers_its_system_checks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing with a provider that had `checks.py` and no `apps.py`: its checks never ran."""
    monkeypatch.setattr(registry, "registered_checks", set())
    monkeypatch.setattr(key_uses, "declare", lambda use: use)
    monkeypatch.delitem(sys.modules, f"{PROVIDERS[name]}.checks", raising=False)
    monkeypatch.delattr(import_module(PROVIDERS[name]), "checks", raising=False)

    AppConfig.create(PROVIDERS[name]).ready()

    assert registry.registered_checks
