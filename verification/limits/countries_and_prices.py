"""The countries that texts and calls may go to, and what a message to each costs.

Operators set both in the admin; each process reads them every few seconds.
"""

from verification import conf, phone_numbers
from verification.db.ttl_cache import TTLCache
from verification.models import Channel, Country

_COSTLY_KINDS = frozenset({Channel.TEXT, Channel.CALL})
UNIT = 1000  # amounts are counted in thousandths of the currency


def _load() -> dict[str, Country]:
    return {row.code: row for row in Country.objects.all()}


_cache = TTLCache(_load, seconds=lambda: 5 * conf.cache_seconds())
forget = _cache.forget


def costs(kind: str) -> bool:
    """Return whether messages of this kind cost money."""
    return kind in _COSTLY_KINDS


def is_allowed(kind: str, address: str) -> bool:
    """Return whether texts or calls may go to the country of a number."""
    return _is_open(_cache.read(), phone_numbers.country(address), kind)


def _is_open(countries: dict[str, Country], country: str, kind: str) -> bool:
    row = countries.get(country)
    if row is None:
        return country == conf.home_region()
    return row.texts if kind == Channel.TEXT else row.calls


def cost(kind: str, address: str) -> int:
    """Return the price of a message to a number. Units: thousandths of the currency."""
    if kind not in _COSTLY_KINDS:
        return 0
    return _price(kind, _cache.read().get(phone_numbers.country(address)))


def lowest_cost(kind: str) -> int:
    """Return the lowest price of a message to any number that is allowed. Units: as `cost`."""
    if kind not in _COSTLY_KINDS:
        return 0
    countries = {conf.home_region(): None, **_cache.read()}
    allowed = [row for code, row in countries.items() if _is_open(_cache.read(), code, kind)]
    return min((_price(kind, row) for row in allowed), default=_price(kind, None))


def _price(kind: str, row: Country | None) -> int:
    price = (row.text_price if kind == Channel.TEXT else row.call_price) if row else None
    if price is None:
        price = conf.text_price() if kind == Channel.TEXT else conf.call_price()
    return int(price * UNIT)
