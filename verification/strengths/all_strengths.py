"""All strengths by name: the built-in ones and the organisation's own, which are read from a cache."""

from verification.db.ttl_cache import TTLCache
from verification.models import Strength as Row
from verification.strengths.built_in import BUILT_IN
from verification.strengths.strength import Need, Strength


def of_row(row: Row) -> Strength:
    """Turn a row into a strength. A property that this release doesn't know is never met."""
    known = {need.value for need in Need}
    is_readable = known.issuperset(row.needs)
    return Strength(
        slug=row.slug,
        label=row.name,
        explain=row.explanation,
        needs=frozenset(Need(name) for name in row.needs if name in known),
        names=frozenset(row.methods) if row.methods and is_readable else None if is_readable else frozenset(),
    )


def _load() -> dict[str, Strength]:
    own = {row.slug: of_row(row) for row in Row.objects.order_by("name", "pk")}
    return own | BUILT_IN


_cache = TTLCache(_load)
forget = _cache.forget


def everything() -> tuple[Strength, ...]:
    """Return all strengths: the built-in ones, then the organisation's own by name."""
    return (*BUILT_IN.values(), *(each for each in _cache.read().values() if not each.is_built_in))


def named(slug: str) -> Strength:
    """Return a strength by its name. One that doesn't exist accepts nothing, because any doubt means no."""
    found = BUILT_IN.get(slug) or _cache.read().get(slug)
    return found or Strength(slug=slug, label=slug, names=frozenset())
