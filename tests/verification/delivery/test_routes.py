"""Providers are found by their settings line, in the order of use."""

from typing import Any

import pytest

from verification.delivery import routes
from verification.models import Kind

pytestmark = pytest.mark.django_db
VIRTUAL, NOBODY = "verification.delivery.providers.virtual", "tests.carrier"


@pytest.mark.parametrize(
    ("packages", "names"),
    [((VIRTUAL, NOBODY), ["virtual", "nobody"]), ((NOBODY, VIRTUAL), ["nobody", "virtual"]), ((), [])],
)
def test_keeps_the_order_of_the_settings(settings: Any, packages: tuple[str, ...], names: list[str]) -> None:
    settings.DELIVERY_PROVIDERS = packages

    assert list(routes.providers()) == names
    assert [hop.provider.name for hop in routes.route(Kind.CALL)] == names


def test_routes_by_what_a_provider_carries(settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = (NOBODY, VIRTUAL)

    assert [hop.provider.name for hop in routes.route(Kind.MAIL)] == ["virtual"]


def test_misspelt_package_is_an_error_at_once(settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.pigeon",)

    with pytest.raises(ModuleNotFoundError):
        routes.providers()
