"""Providers are found by their settings line, in the order of use."""

from typing import Any

import pytest

from verification.delivery.routing import routes
from verification.models import Channel, Route

pytestmark = pytest.mark.django_db
VIRTUAL, NOBODY = "verification.delivery.providers.virtual", "tests.refusing_provider"


@pytest.mark.parametrize(
    ("packages", "names"),
    [((VIRTUAL, NOBODY), ["virtual", "nobody"]), ((NOBODY, VIRTUAL), ["nobody", "virtual"]), ((), [])],
)
def test_keeps_the_order_of_the_settings(settings: Any, packages: tuple[str, ...], names: list[str]) -> None:
    settings.DELIVERY_PROVIDERS = packages

    assert list(routes.providers()) == names
    assert [hop.provider.name for hop in routes.route(Channel.CALL)] == names


def test_routes_by_what_a_provider_carries(settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = (NOBODY, VIRTUAL)

    assert [hop.provider.name for hop in routes.route(Channel.MAIL)] == ["virtual"]


def test_misspelt_package_is_an_error_at_once(settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.pigeon",)

    with pytest.raises(ModuleNotFoundError):
        routes.providers()


# Rows ----------------------------------------------------------------------------------------------------------

SWISS, BRITISH = "+41795551234", "+447400123456"


@pytest.fixture
def both(settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = (VIRTUAL, NOBODY)


def names(number: str, kind: Channel = Channel.TEXT) -> list[str]:
    return [hop.provider.name for hop in routes.route(kind, number)]


@pytest.mark.parametrize(
    ("rows", "swiss", "british"),
    [
        ([("", 1, "nobody")], ["nobody"], ["nobody"]),
        ([("CH", 1, "nobody")], ["nobody"], ["virtual", "nobody"]),
        ([("CH", 2, "virtual"), ("CH", 1, "nobody")], ["nobody", "virtual"], ["virtual", "nobody"]),
        ([("CH", 1, "nobody"), ("+41795", 1, "virtual"), ("+41", 1, "nobody")], ["virtual"], ["virtual", "nobody"]),
        ([("", 1, "virtual"), ("GB", 1, "nobody")], ["virtual"], ["nobody"]),
        ([("", 1, "a former one")], ["virtual", "nobody"], ["virtual", "nobody"]),
    ],
)
def test_most_exact_place_decides(
    both: None, rows: list[tuple[str, int, str]], swiss: list[str], british: list[str]
) -> None:
    for place, order, provider in rows:
        Route.objects.create(kind=Channel.TEXT, place=place, order=order, provider=provider)

    assert (names(SWISS), names(BRITISH)) == (swiss, british)


def test_route_of_one_kind_says_nothing_of_another(both: None) -> None:
    Route.objects.create(kind=Channel.TEXT, provider="nobody")

    assert names(SWISS, Channel.CALL) == ["virtual", "nobody"]


def test_change_counts_without_a_restart(both: None) -> None:
    row = Route.objects.create(kind=Channel.TEXT, provider="nobody", sender="+41445550100")
    assert routes.route(Channel.TEXT, SWISS)[0].sender == "+41445550100"

    Route.objects.filter(pk=row.pk).update(is_on=False)

    assert names(SWISS) == ["virtual", "nobody"]


def test_snapshot_is_read_again_after_its_time(both: None, settings: Any) -> None:
    settings.VERIFICATION_CACHE_SECONDS = 60
    names(SWISS)
    Route.objects.create(kind=Channel.TEXT, provider="nobody")
    assert names(SWISS) == ["virtual", "nobody"]

    settings.VERIFICATION_CACHE_SECONDS = 1e-9  # as if its time had passed

    assert names(SWISS) == ["nobody"]
