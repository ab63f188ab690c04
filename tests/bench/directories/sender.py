"""Sends people and groups by SCIM: `python -m tests.bench.directories.sender NAME ADDRESS`, one command per line."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import django

from tests.bench.site import HOST

_MAX_PARALLEL = 4  # requests at a time
_PEOPLE_PER_GROUP, _MEMBERS, _SENT_SINGLY = 2_500, 250, 50  # of the members, who are sent one by one
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class _Sender:
    """A program with the token of a directory. It keeps a connection in each of its threads."""

    def __init__(self, address: str) -> None:
        self.place = urlsplit(address).netloc
        self.token, self.mark, self.people = "", "", 0
        self.ids: dict[int, str] = {}
        self._local = threading.local()
        self._took: list[float] = []
        self._answers: list[str] = []

    def make(self, people: int) -> None:
        """Add the directory, with a token."""
        from django.utils import timezone

        from accounts.applications import secret_rotation
        from accounts.integrations.scim import token_authentication
        from accounts.models import Directory, ScimAccess

        made = Directory.objects.create(name=f"SCIM {timezone.now():%H:%M:%S}", kind="scim")
        access = ScimAccess.objects.create(directory=made)
        self.token = secret_rotation.renew(access, token_authentication.PURPOSE, timezone.now())
        self.mark, self.people = f"s{made.pk}", people

    def warm(self, n: int) -> None:
        """Look somebody up so many times."""
        self._all(lambda _n: self._find("nobody"), range(n))

    def events(self) -> int:
        """Return how many audit events there are."""
        from verification import audit

        n, _seals = audit.size()
        return n

    def add(self) -> dict[str, Any]:
        """Look everyone up, and add them."""

        def one(n: int) -> None:
            assert not self._find(self._name(n))
            answer = self._send("POST", "/Users", self._person(n), 201)
            self.ids[n] = answer["id"]

        return self._all(one, range(self.people))

    def fill(self) -> dict[str, Any]:
        """Add groups, some members of each one by one as Entra ID does, the others together as Okta does."""

        def one(g: int) -> None:
            group = self._send("POST", "/Groups", {"schemas": [_GROUP], "displayName": f"{self.mark} {g}"}, 201)
            path = f"/Groups/{group['id']}"
            is_small = self.people < _MAX_PARALLEL * _PEOPLE_PER_GROUP
            first = g * (self.people // _MAX_PARALLEL if is_small else _PEOPLE_PER_GROUP)
            ids = [self.ids[n] for n in range(first, min(first + _MEMBERS, self.people))]
            for each in [*([key] for key in ids[:_SENT_SINGLY]), ids[_SENT_SINGLY:]]:
                if each:
                    members = [{"value": key} for key in each]
                    self._patch(path, {"op": "Add", "path": "members", "value": members})

        return self._all(one, range(max(_MAX_PARALLEL, self.people // _PEOPLE_PER_GROUP)))

    def repeat(self) -> dict[str, Any]:
        """Look everyone up, and send what they are: every second person by PUT, the others by PATCH."""

        def one(n: int) -> None:
            (found,) = self._find(self._name(n))
            said, path = self._person(n), f"/Users/{found['id']}"
            if n % 2:
                self._send("PUT", path, {**said, "id": found["id"]}, 200)
            else:
                self._patch(
                    path,
                    {"op": "Replace", "path": "displayName", "value": said["displayName"]},
                    {"op": "Replace", "path": "active", "value": "True"},
                    {"op": "Replace", "path": 'emails[type eq "work"].value', "value": said["emails"][0]["value"]},
                    {"op": "Replace", "path": f"{_ENTERPRISE}:department", "value": "Sales"},
                )

        return self._all(one, range(self.people))

    def leave(self) -> dict[str, Any]:
        """Look 1 % up, and switch them off as Entra ID does."""

        def one(n: int) -> None:
            (found,) = self._find(self._name(n))
            self._patch(f"/Users/{found['id']}", {"op": "Replace", "path": "active", "value": "False"})

        return self._all(one, range(0, self.people, 100))

    def _all(self, one: Callable[[int], object], of: Iterable[int]) -> dict[str, Any]:
        self._took, self._answers = [], []
        begun = time.perf_counter()
        with ThreadPoolExecutor(_MAX_PARALLEL) as pool:
            for _ in pool.map(one, of):
                pass
        return {"seconds": time.perf_counter() - begun, "took": self._took, "counts": Counter(self._answers)}

    def _name(self, n: int) -> str:
        return f"{self.mark}.{n}@example.org"

    def _person(self, n: int) -> dict[str, Any]:
        return {
            "schemas": [_USER, _ENTERPRISE],
            "externalId": f"{self.mark}-{n:08x}",
            "userName": f"{self.mark.upper()}.{n}@Example.org",
            "displayName": f"Robin Example {n}",
            "name": {"givenName": "Robin", "familyName": f"Example {n}", "formatted": f"Robin Example {n}"},
            "title": "Clerk",
            "active": True,
            "emails": [{"primary": True, "type": "work", "value": f"robin.{self.mark}.{n}@example.org"}],
            "phoneNumbers": [{"type": "mobile", "value": f"+417955{n % 100_000:05}"}],
            "preferredLanguage": "en",
            _ENTERPRISE: {"department": "Sales"},
        }

    def _find(self, name: str) -> list[Any]:
        asked = quote(f'userName eq "{name}"')
        return list(self._send("GET", f"/Users?filter={asked}", None, 200)["Resources"])

    def _patch(self, path: str, *operations: dict[str, Any]) -> None:
        self._send("PATCH", path, {"schemas": [_PATCH], "Operations": operations}, 204 if "Groups" in path else 200)

    def _send(self, method: str, path: str, body: Any, status: int) -> Any:
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "10.20.30.40",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/scim+json",
        }
        begun = time.perf_counter()
        wire = self._wire()
        wire.request(method, f"/scim/v2{path}", None if body is None else json.dumps(body), headers)
        answer = wire.getresponse()
        text = answer.read().decode()
        self._took.append((time.perf_counter() - begun) * 1000)
        self._answers.append(f"{method} {answer.status}")
        if answer.status != status:
            raise ValueError(f"{method} {path}: {answer.status} instead of {status}: {text[:600]}")
        return json.loads(text) if text else {}

    def _wire(self) -> HTTPConnection:
        """Return this thread's connection. `http.client` opens it again if the server closed it."""
        if not hasattr(self._local, "wire"):
            self._local.wire = HTTPConnection(self.place, timeout=30)
        wire: HTTPConnection = self._local.wire
        return wire


def main() -> None:
    """Obey until the input ends."""
    django.setup()
    sender: Any = _Sender(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(sender, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
