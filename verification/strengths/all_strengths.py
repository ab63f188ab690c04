"""All strengths by name: the built-in ones and the organisation's own, which are read from a cache."""

from verification.db.ttl_cache import TTLCache
from verification.models import Strength as Row
from verification.strengths.built_in import BUILT_IN
from verification.strengths.strength import AuthenticationStrength, Need


def of_row(row: Row) -> AuthenticationStrength:
    """Turn a row into a strength. A property that this release doesn't know is never met."""
    known = {need.value for need in Need}
    is_readable = known.issuperset(row.needs)
    return AuthenticationStrength(
        slug=row.slug,
        label=row.name,
        explain=row.explanation,
        needs=frozenset(Need(name) for name in row.needs if name in known),
        names=frozenset(row.methods) if row.methods and is_readable else None if is_readable else frozenset(),
    )


def _load() -> dict[str, AuthenticationStrength]:
    own = {row.slug: of_row(row) for row in Row.objects.order_by("name", "pk")}
    return own | BUILT_IN


_cache = TTLCache(_load)
forget = _cache.forget


def everything() -> tuple[AuthenticationStrength, ...]:
    """Return all strengths: the built-in ones, then the organisation's own by name."""
    return (*BUILT_IN.values(), *(each for each in _cache.read().values() if not each.is_built_in))


def named(slug: str) -> AuthenticationStrength:
    """Return a strength by its name. One that doesn't exist accepts nothing, because any doubt means no."""
    found = BUILT_IN.get(slug) or _cache.read().get(slug)
    return found or AuthenticationStrength(slug=slug, label=slug, names=frozenset())
