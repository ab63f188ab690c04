"""A directory that sends people and groups by SCIM, as Entra ID or Okta would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from accounts.applications import secret_rotation
from accounts.integrations.scim import token_authentication
from accounts.models import Directory, ScimAccess, User
from accounts.models.directories import DirectoryKind
from tests.infrastructure.replayed_set_ups import SET_UPS

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass(frozen=True)
class ReceivedScimResponse:
    """What was answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def problem(self) -> tuple[int, str]:
        """The status and the keyword of an error."""
        assert self.body["schemas"] == [ERROR], self.body
        assert self.body["status"] == str(self.status), self.body
        return self.status, self.body.get("scimType", "")


@dataclass
class ScimClient:
    """A program with the token of a directory."""

    directory: Directory
    token: str
    content_type: str = "application/scim+json"
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def send(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **query: Any
    ) -> ReceivedScimResponse:
        """Send a request."""
        address = f"/scim/v2{path}" + (f"?{urlencode(query)}" if query else "")
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        given = {"data": sent, "content_type": self.content_type} if sent else {}
        answer = self.client.generic(method, address, headers=headers, **given)  # type: ignore[arg-type]  # see above
        text = answer.content.decode()
        if text:
            assert answer.headers["Content-Type"] == "application/scim+json", text[:300]
        return ReceivedScimResponse(answer.status_code, json.loads(text) if text else None, answer.headers)

    def get(self, path: str, **query: Any) -> ReceivedScimResponse:
        return self.send("GET", path, **query)

    def post(self, path: str, body: Any) -> ReceivedScimResponse:
        return self.send("POST", path, body)

    def patch(self, path: str, *operations: Mapping[str, Any]) -> ReceivedScimResponse:
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": operations})

    def find(self, kind: str, expression: str) -> list[Any]:
        """Return what a filter finds."""
        answer = self.get(f"/{kind}", filter=expression)
        assert answer.status == 200, answer.body
        assert answer.body["totalResults"] == len(answer.body["Resources"])
        return list(answer.body["Resources"])

    def add(self, name: str, /, **more: Any) -> ReceivedScimResponse:
        """Add a person."""
        answer = self.post("/Users", {"schemas": [USER], "userName": name, "active": True, **more})
        assert answer.status == 201, answer.body
        return answer

    def add_group(self, name: str, /, *members: str, **more: Any) -> ReceivedScimResponse:
        """Add a group."""
        listed = [{"value": each} for each in members]
        answer = self.post("/Groups", {"schemas": [GROUP], "displayName": name, "members": listed, **more})
        assert answer.status == 201, answer.body
        return answer

    def person(self, key: str) -> User:
        """Return the account of a resource."""
        return User.objects.get(directory=self.directory, directory_key=key)


def directory(name: str = "Entra ID", networks: tuple[str, ...] = (), **more: Any) -> ScimClient:
    """Add a directory for SCIM, with a token."""
    key = (name, networks, repr(more))
    client = ScimClient(*SET_UPS.run("scim_directory", key, lambda: _directory(name, networks, more)))
    token_authentication.forget()
    return client


def _directory(name: str, networks: tuple[str, ...], more: Mapping[str, Any]) -> tuple[Directory, str]:
    made = Directory.objects.create(name=name, kind=DirectoryKind.SCIM, **more)
    access = ScimAccess.objects.create(directory=made, networks=list(networks))
    return made, secret_rotation.renew(access, token_authentication.PURPOSE, timezone.now())
