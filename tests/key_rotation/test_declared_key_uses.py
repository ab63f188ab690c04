"""Tests that every column that depends on a key is declared, and that no table holds what opens something."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import password_resets
from accounts.support.imports import jobs
from tests.key_rotation.possessions import OLD, Possessions
from tests.simulated.http_browser import Browser
from verification import audit, browsers
from verification.keys import crypto, key_uses
from verification.models import (
    AuditRemoval,
    AuditSeal,
    DigestKey,
)

_SEALED = re.compile(r"v\d+\.[0-9A-Za-z]+\.[0-9A-Za-z_=-]{30,}")

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

# Digests without a key of the ring: Django's of the password in a session, of an article as it was shipped, of an
# event's words with a random number among them, and of the events under a seal, which the seal signs.
_KEYLESS = {
    ("accounts_session", "session_data"),
    ("helpcenter_article", "shipped"),
    ("verification_auditevent", "detail"),
    ("verification_auditseal", "content"),
    ("verification_auditseal", "packed"),  # ids, which may be as many bytes
}

_HALF_KEY_BYTES = 16

# Half a digest, which could be any other reference; and one in base64url.
_OTHERWISE = {("verification_challenge", "binding"), ("verification_auditevent", "digest")}


def cells() -> Iterator[tuple[str, str, str]]:
    """Yield every value of every table as the database stores it, with its table and column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield table, column, _text(value)


def _text(value: Any) -> str:
    """Write a value as text. Bytes are hex digits, and half a digest, as counters have it, as many as a whole one."""
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        return raw.hex() * (2 if len(raw) == _HALF_KEY_BYTES else 1)
    return value if isinstance(value, str) else json.dumps(value, default=str)


def declared(uses: list[Any], *columns: str) -> set[tuple[str, str]]:
    found = set()
    for use in uses:
        model = use.rows().model
        for column in columns or (use.column,):
            name = getattr(use, column, column)
            if name:
                found.add((model._meta.db_table, model._meta.get_field(name).column))
    return found


def test_every_column_that_depends_on_a_key_is_declared(possessions: Possessions) -> None:
    digest, now = AuditSeal.objects.values_list("digest", flat=True)[0], timezone.now()
    signed = {"last_digest": digest, "previous": digest, "digest": digest, "key_id": crypto.digest_key()}
    AuditRemoval.objects.create(boundary=0, ends_at=now, n_events=0, last_seal=0, removed_at=now, **signed)
    rings, names = {OLD[0]}, {row.name for row in DigestKey.objects.all()}
    found: dict[str, set[tuple[str, str]]] = {"sealed": set(), "digest": set(), "name": set()}
    for table, column, value in cells():
        found["sealed"] |= {(table, column)} if _SEALED.search(value) else set()
        found["digest"] |= {(table, column)} if _DIGEST.search(value) else set()
        found["name"] |= {(table, column)} if value in rings | names else set()

    keys = declared([use for use in key_uses.digested() if use.key_column], "key_column")
    assert found["sealed"] == declared(key_uses.sealed())
    assert found["digest"] - _KEYLESS == declared(key_uses.digested()) - _OTHERWISE
    assert found["name"] == keys | {("verification_digestkey", "name")}


def test_no_table_holds_anything_of_the_old_key_afterwards(rotated: Possessions) -> None:
    left = {(table, column) for table, column, value in cells() if f".{OLD[0]}." in value or value == OLD[0]}

    assert left == set()


def test_no_table_holds_a_value_that_opens_something(possessions: Possessions) -> None:
    """A copy of the database gives no access to anything. The virtual carrier's mailbox counts as outside."""
    possessions.browser = browsers.recognise(possessions.person.user, possessions.context())[1]
    secrets = {
        "session": possessions.person.browser.session_key,
        "browser": possessions.browser,
        "app password": possessions.app_password.replace(" ", ""),
        "service": possessions.door.key,
        "pass": possessions.access_pass,
        "link": possessions.link[1],
        **{f"code {n}": code.replace("-", "") for n, code in enumerate(possessions.person.codes)},
    }

    assert all(len(secret) >= 8 for secret in secrets.values())
    for table, column, value in cells():
        if not table.startswith("virtual_"):
            found = [name for name, secret in secrets.items() if secret.lower() in value.lower().replace("-", "")]
            assert not found, (table, column, found)


def test_every_purpose_of_a_key_is_declared(possessions: Possessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the key purposes that are used while a person does everything they can."""
    seen: set[str] = set()
    derive = crypto._derive

    def watched(master: bytes, purpose: str) -> bytes:
        seen.add(purpose.partition("/")[2])
        return derive(master, purpose)

    monkeypatch.setattr(crypto, "_derive", watched)
    possessions.prove("recovery", possessions.person.codes[0].replace("-", ""))
    possessions.door.opens("ana", possessions.app_password)
    browsers.recognise(possessions.person.user, possessions.context())
    password_resets.open_link(*possessions.link, possessions.context())
    jobs.work(timezone.now())
    possessions.person.browser = Browser()
    possessions.person.give_password()
    possessions.person.read_text()
    audit.seal(timezone.now())

    known = key_uses.purposes()
    whole, beginnings = {p for p in known if not p.endswith(".")}, tuple(p for p in known if p.endswith("."))
    assert {purpose for purpose in seen if purpose not in whole and not purpose.startswith(beginnings)} == set()
    assert len(seen) > 10
