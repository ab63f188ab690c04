"""Methods are found by name and by capability, in the order of offer."""

from dataclasses import dataclass
from typing import Any

import pytest

from verification import checks, method_registry
from verification.method_base import Method
from verification.method_capabilities import Backup, Delivered, Passwordless, SingleUse, Stocked, Temporary
from verification.models import Channel


@dataclass
class Rival(Stocked):
    """A second method that comes from the stock."""

    name: str = "rival"  # type: ignore[misc]  # of this one alone


def test_gives_the_methods_in_the_order_of_offer(settings: Any) -> None:
    names = [package.rpartition(".")[2] for package in settings.VERIFICATION_METHODS]

    assert list(method_registry.methods()) == names
    assert [method.name for method in method_registry.having(Method)] == names


def test_finds_methods_by_capability() -> None:
    assert set(method_registry.names(Backup)) < set(method_registry.names(SingleUse))
    assert method_registry.has(method_registry.names(Delivered)[0], Delivered)
    assert not method_registry.has(method_registry.names(Delivered)[0], Backup)


def test_method_that_is_not_installed_has_no_capability() -> None:
    assert not method_registry.is_installed("gone")
    assert not method_registry.has("gone", Method)


@pytest.mark.parametrize("kind", list(Channel))
def test_finds_methods_by_the_kind_of_their_messages(kind: Channel) -> None:
    assert {method.kind for method in method_registry.sending(kind)} <= {kind}


@pytest.mark.parametrize("capability", [Stocked, Temporary, Passwordless])
def test_place_may_be_empty(capability: type[Method], settings: Any) -> None:
    gone = method_registry.names(capability)
    settings.VERIFICATION_METHODS = tuple(
        package for package in settings.VERIFICATION_METHODS if package.rpartition(".")[2] not in gone
    )

    assert method_registry.only(capability) is None
    assert checks.places_are_filled_once(None) == []


def test_refuses_two_methods_for_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = {**method_registry.methods(), "rival": Rival()}
    monkeypatch.setattr(method_registry, "methods", lambda: methods)

    (found,) = checks.places_are_filled_once(None)

    assert found.id == "verification.E004"
    assert "rival" in found.msg
