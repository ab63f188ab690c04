"""Tests of SCIM requests at the same time: no change is lost, nobody exists twice, and nothing blocks forever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections

from accounts import provisioning
from accounts.integrations.scim import groups_endpoint, users_endpoint
from accounts.models import DirectoryGroup, ScimPerson, User
from tests.infrastructure.concurrency import together, until_waiting
from tests.infrastructure.rounds import race_rounds, rounds
from tests.simulated.scim_directory import USER, ScimClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(entra: ScimClient) -> str:
    return entra.add("ana", externalId="1", displayName="Ana").id


def test_two_posts_of_one_name_add_one_person(entra: ScimClient) -> None:
    n_rounds = race_rounds(5, shown=30, of=30)
    for n in range(n_rounds):
        sent = {"schemas": [USER], "userName": f"eva{n}", "externalId": str(n)}

        found = together(*(partial(_status, entra, "POST", "/Users", sent) for _ in range(3)))

        assert sorted(map(str, found)) == ["201", "409", "409"]
    assert User.objects.filter(username__startswith="eva").count() == n_rounds


def test_a_deleted_person_comes_back_once(entra: ScimClient, ana: str) -> None:
    for _ in range(rounds(5, 50)):
        assert entra.send("DELETE", f"/Users/{ana}").status == 204
        sent = {"schemas": [USER], "userName": "ana", "externalId": "1"}

        found = together(*(partial(_status, entra, "POST", "/Users", sent) for _ in range(2)))

        assert sorted(map(str, found)) == ["201", "409"]


def test_a_change_does_not_bring_back_someone_who_is_switched_off(
    entra: ScimClient, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other request is between reading and writing. Seen failing while it wrote what it had read."""
    _in_between(monkeypatch, lambda: entra.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False}))

    answer = entra.patch(f"/Users/{ana}", {"op": "replace", "path": "displayName", "value": "Ana Example"})

    assert answer.status == 200
    assert answer.body["active"] is False
    assert not entra.person(ana).is_active
    assert entra.person(ana).name == "Ana Example"


def test_a_replacement_without_active_does_not_either(
    entra: ScimClient, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_between(monkeypatch, lambda: entra.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False}))

    entra.send("PUT", f"/Users/{ana}", {"schemas": [USER], "userName": "ana", "displayName": "Ana Example"})

    assert not entra.person(ana).is_active


def test_nothing_waits_for_each_other_when_members_are_deleted(entra: ScimClient) -> None:
    """One request locks the group and then the person; the other must not do it the other way round."""
    for n in range(race_rounds(10, shown=12, of=24)):
        key = entra.add(f"p{n}").id
        group = entra.add_group(f"Group {n}", key).id
        leave = {"op": "remove", "path": f'members[value eq "{key}"]'}

        found = together(
            partial(_status, entra, "DELETE", f"/Users/{key}", None),
            partial(_status, entra, "PATCH", f"/Groups/{group}", {"Operations": [leave]}),
        )

        assert found == [204, 204]
        assert entra.get(f"/Groups/{group}").body.get("members") is None


@pytest.mark.postgresql
@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("form", ["PATCH", "PUT"])
def test_someone_who_is_deleted_meanwhile_does_not_join(
    form: str, is_on: bool, entra: ScimClient, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request has checked its members, and then waits for the one who is being deleted. Seen failing."""
    entra.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": is_on})
    group, original = entra.add_group("Staff").id, provisioning.leave_groups
    join = {"op": "add", "path": "members", "value": [{"value": ana}]}
    body = {"Operations": [join]} if form == "PATCH" else {"displayName": "Staff", "members": [{"value": ana}]}
    with ThreadPoolExecutor(1) as pool:
        sent = list[Future[int]]()

        def leave(*given: Any) -> None:
            original(*given)
            sent.append(pool.submit(_closing, partial(_status, entra, form, f"/Groups/{group}", body)))
            until_waiting(sent[0])

        monkeypatch.setattr(provisioning, "leave_groups", leave)
        assert entra.send("DELETE", f"/Users/{ana}").status == 204
        sent[0].result()

    assert not entra.person(ana).groups.exists()
    assert entra.get(f"/Groups/{group}").body.get("members") is None


def test_groups_of_one_name_are_made_at_once(entra: ScimClient) -> None:
    """A name may be in use: the second group here is called by the name and the directory. Seen failing with 409."""
    for n in range(race_rounds(5, shown=39, of=40)):
        sent = {"displayName": f"Group {n}"}

        found = together(*(partial(_status, entra, "POST", "/Groups", sent) for _ in range(3)))

        assert found == [201, 201, 201]
        assert len(entra.find("Groups", f'displayName eq "Group {n}"')) == 3


def test_groups_get_one_name_at_once(entra: ScimClient) -> None:
    """Seen failing with 409."""
    keys = [entra.add_group(f"Group {n}").id for n in range(3)]
    for n in range(race_rounds(5, shown=40, of=40)):
        rename = {"Operations": [{"op": "replace", "path": "displayName", "value": f"Staff {n}"}]}

        found = together(*(partial(_status, entra, "PATCH", f"/Groups/{key}", rename) for key in keys))

        assert found == [204, 204, 204]
        assert len(entra.find("Groups", f'displayName eq "Staff {n}"')) == 3


def test_one_group_is_changed_at_once(entra: ScimClient, ana: str) -> None:
    key, ben = entra.add_group("Staff").id, entra.add("ben").id
    for n in range(rounds(5, 50)):
        bodies = [{"displayName": f"Staff {n} {who}", "members": [{"value": who}]} for who in (ana, ben)]

        found = together(*(partial(_status, entra, "PUT", f"/Groups/{key}", body) for body in bodies))

        assert found == [200, 200]
        assert len(entra.get(f"/Groups/{key}").body["members"]) == 1


def test_a_deleted_group_is_not_made_again_by_a_replacement(
    entra: ScimClient, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other request is between reading and writing. Seen failing: the group came back."""
    key, original = entra.add_group("Staff", ana).id, groups_endpoint._check_members

    def check(*given: Any) -> None:
        entra.send("DELETE", f"/Groups/{key}")
        original(*given)

    monkeypatch.setattr(groups_endpoint, "_check_members", check)
    answer = entra.send("PUT", f"/Groups/{key}", {"displayName": "Staff", "members": [{"value": ana}]})

    assert answer.problem == (404, "")
    assert not DirectoryGroup.objects.exists()


def _closing(action: Callable[[], int]) -> int:
    try:
        return action()
    finally:
        connections.close_all()


def _status(sender: ScimClient, method: str, path: str, body: Any) -> int:
    return ScimClient(sender.directory, sender.token).send(method, path, body).status


def _in_between(monkeypatch: pytest.MonkeyPatch, other: Callable[[], object]) -> None:
    """Run another request once, after the first one has read the person and before it writes."""
    original, is_done = users_endpoint._is_as_stored, threading.Event()

    def compare(row: ScimPerson, person: Any) -> bool:
        if not is_done.is_set():
            is_done.set()
            other()
        return original(row, person)

    monkeypatch.setattr(users_endpoint, "_is_as_stored", compare)
