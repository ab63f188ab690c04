"""Levels of verification as OpenID Connect names them (acr), and the strengths here that they stand for."""

from collections.abc import Iterable

from accounts.access import ACR_PASSWORD, ACR_PHISHING_RESISTANT, ACR_SECOND_STEP
from verification import strengths as known

_STRENGTHS = {
    ACR_PHISHING_RESISTANT: known.PHISHING_RESISTANT.slug,
    ACR_SECOND_STEP: known.SECOND_STEP.slug,
    ACR_PASSWORD: known.PASSWORD.slug,
}
ACRS = tuple(_STRENGTHS)


def strengths(acrs: Iterable[str]) -> tuple[str, ...]:
    """Return the strengths for acr values, in the order of preference. Unknown values are left out."""
    return tuple(dict.fromkeys(_STRENGTHS[acr] for acr in acrs if acr in _STRENGTHS))
