"""Tests of tokens, networks, limits, and hostile requests."""

import json
import time
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.applications import secret_rotation
from accounts.integrations.scim import request_log, size_limits, token_authentication
from accounts.models import Directory, Proxy, ScimAccess, ScimRequest, User
from tests.simulated import scim_directory
from tests.simulated.people import Clock
from tests.simulated.scim_directory import USER, ScimClient


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 5000, "é"])
def test_refuses_an_unknown_token(entra: ScimClient, token: str) -> None:
    entra.token = token.encode("utf-8").decode("latin-1")

    answer = entra.get("/Users")

    assert answer.problem == (401, "")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_secret_of_something_else_is_no_token(entra: ScimClient) -> None:
    proxy = Proxy.objects.create(slug="web", name="web", program="nginx")
    entra.token = secret_rotation.renew(proxy, "proxy", timezone.now())

    assert entra.get("/Users").status == 401


def test_the_former_token_works_until_its_overlap_ends(entra: ScimClient, clock: Clock) -> None:
    access, former = ScimAccess.objects.get(), entra.token
    entra.token = secret_rotation.renew(access, token_authentication.PURPOSE, clock.now, overlap=timedelta(days=7))
    newer = entra.token
    both = []
    for token in (former, newer):
        entra.token = token
        both.append(entra.get("/Users").status)
    clock.forward(days=8)
    token_authentication.forget()
    entra.token = former

    assert both == [200, 200]
    assert entra.get("/Users").status == 401


@override_settings(VERIFICATION_CACHE_SECONDS=60.0)
def test_a_revoked_token_ends_within_a_second(entra: ScimClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long other things are cached. Seen failing without a limit of its own."""
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    assert entra.get("/Users").status == 200
    ScimAccess.objects.update(secret_digest="")

    moment += 1.0

    assert entra.get("/Users").status == 401


def test_a_token_that_is_revoked_while_the_body_arrives_changes_nothing(entra: ScimClient) -> None:
    """Seen failing while the token was checked before the body, whose end its sender may hold back."""

    class LateBody(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            ScimAccess.objects.update(secret_digest="")
            return super().read(size)

    body = json.dumps({"schemas": [USER], "userName": "mallory"}).encode()
    sent: dict[str, Any] = {"wsgi.input": LateBody(body), "headers": {"Authorization": f"Bearer {entra.token}"}}
    answer = entra.client.generic("POST", "/scim/v2/Users", body, entra.content_type, **sent)

    assert answer.status_code == 401
    assert not User.objects.filter(username="mallory").exists()


def test_keeps_no_token_in_memory(entra: ScimClient) -> None:
    """Seen failing while the token was the key of the cache."""
    assert entra.get("/Users").status == 200

    kept = token_authentication._callers._values
    assert len(kept) == 1
    assert entra.token not in str(kept)


def test_refuses_a_network_that_is_not_allowed(db: None) -> None:
    near, far = scim_directory.directory("A", ("127.0.0.0/8",)), scim_directory.directory("B", ("192.0.2.0/24",))

    assert near.get("/Users").status == 200
    assert far.get("/Users").problem == (403, "")
    assert ScimRequest.objects.get(directory=far.directory).problem == "network"


def test_refuses_a_directory_that_is_switched_off(entra: ScimClient) -> None:
    Directory.objects.update(is_active=False)
    token_authentication.forget()

    assert entra.get("/Users").problem == (403, "")


@override_settings(SCIM_REQUESTS_PER_MINUTE=3)
def test_limits_requests_and_incorrect_tokens(entra: ScimClient, clock: Clock) -> None:
    found = [entra.get("/Users", count=0).status for _ in range(4)]

    assert found == [200, 200, 200, 429]
    clock.forward(minutes=1)
    assert entra.get("/Users", count=0).status == 200


@override_settings(APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE=2)
def test_limits_incorrect_tokens(entra: ScimClient, clock: Clock) -> None:
    right, entra.token = entra.token, "wrong"
    found = [entra.get("/Users").status for _ in range(4)]
    entra.token = right

    assert found == [401, 401, 429, 429]
    assert entra.get("/Users").status == 200


def test_lists_the_last_requests_without_names(entra: ScimClient) -> None:
    made = entra.add("ana", title="Dr.", externalId="secret")
    entra.get("/Users", filter='userName eq "ana"')
    entra.patch(f"/Users/{made.id}", {"op": "replace", "path": "nonsense", "value": "ana"})

    patched, listed, created = request_log.last(entra.directory, 5)

    assert (created.method, created.endpoint, created.status, created.ignored) == ("POST", "Users", 201, ["title"])
    assert (listed.method, listed.resource_id, listed.status) == ("GET", "", 200)
    assert (patched.resource_id, patched.status, patched.problem) == (made.id, 400, "invalidPath")
    assert "ana" not in json.dumps([str(vars(each)) for each in (patched, listed, created)])
    assert ScimAccess.objects.get().last_used_at == patched.at


def test_keeps_only_the_last_requests(entra: ScimClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_limits, "MAX_REQUESTS_KEPT", 3)

    for n in range(5):
        entra.get(f"/Users/{n}")

    assert [each.resource_id for each in request_log.last(entra.directory, 9)] == ["4", "3", "2"]


@pytest.mark.django_db(transaction=True)
def test_requests_of_a_deleted_directory_cost_the_others_nothing(
    transactional_db: None, entra: ScimClient, okta: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process collects requests for a second. Seen failing: the requests of all other directories were lost."""
    with monkeypatch.context() as collecting:
        collecting.setattr(request_log, "write", lambda: None)
        for sender in (entra, okta):
            sender.get("/Users")
    entra.directory.delete()

    request_log.write()

    assert len(request_log.last(okta.directory, 9)) == 1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 415),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b'{"userName":"a","userName":"b"}', 400),
        (b'{"userName":"a\\u0000"}', 400),
        (b'{"userName":"\\ud800"}', 400),
        (b'{"userName":"\xff"}', 400),
        (b'{"userName":' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"userName":1}', 400),
        (b'{"userName":{"a":1}}', 400),
        (b'{"userName":null}', 400),
        (b'{"userName":"' + b"a" * 151 + b'"}', 400),
        (b'{"userName":"\\u200b"}', 400),
        (b'{"userName":"a","emails":[{"value":"nothing"}]}', 400),
        (b'{"userName":"a","emails":"a@b.example"}', 400),
        (b'{"userName":"a","active":"perhaps"}', 400),
        (b'{"userName":"a","externalId":"' + b"a" * 256 + b'"}', 400),
        (b'{"userName":"a","name":{"formatted":"' + b"a" * 20000 + b'"}}', 400),
        (b'{"userName":"a","name":[1]}', 400),
        (b'{"userName":"a","id":[],"meta":{"created":"soon"},"groups":"none"}', 201),  # ignored: they're read-only
        (b'{"userName":"a","phoneNumbers":[{"value":5}]}', 400),
        (b'{"userName":"a","x":"' + b"a" * 1_100_000 + b'"}', 413),
        (b'{"userName":"a","emails":[' + b'{"value":"a@b.example"},' * 20000 + b'{"value":"a@b.example"}]}', 201),
    ],
)
def test_takes_any_body(entra: ScimClient, raw: bytes, status: int) -> None:
    answer = entra.send("POST", "/Users", raw=raw)

    assert answer.status == status, answer.body


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_refuses_other_content_types(entra: ScimClient, content_type: str) -> None:
    entra.content_type = content_type

    assert entra.post("/Users", {"schemas": [USER], "userName": "a"}).problem == (415, "")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Me", 501),
        ("POST", "/Bulk", 501),
        ("GET", "/Nothing", 404),
        ("GET", "/", 404),
        ("GET", "/Users/x/y", 404),
        ("GET", f"/Users/{'x' * 500}", 404),
        ("POST", "/Users/x", 405),
        ("DELETE", "/Users", 405),
        ("PUT", "/Schemas", 405),
        ("GET", "/Users/.search", 405),
        ("GET", "/ServiceProviderConfig/x", 404),
        ("GET", "/ResourceTypes/User", 200),
        ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", 200),
        ("PATCH", "/Users/x", 400),
    ],
)
def test_answers_at_every_address(entra: ScimClient, method: str, path: str, status: int) -> None:
    answer = entra.send(method, path, None if method == "GET" else {})

    assert answer.status == status, answer.body
    if status >= 400:
        assert answer.problem[0] == status


@pytest.mark.parametrize(
    "members", [["x"] * 20_000, [{"value": "x" * 5000}], [{"value": None}], "x", [[]], {"value": "x"}]
)
def test_takes_any_members(entra: ScimClient, members: Any) -> None:
    answer = entra.post("/Groups", {"displayName": "Staff", "members": members})

    assert answer.status in {400, 413}, answer.body
