"""What a person already did for one authorization request, carried in its address and signed.

It says when the verification was demanded, so that `prompt=login` asks exactly once, and what they chose since. It is
bound to the request, and it only ever answers questions that the client put itself: our own minimum is checked apart.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.utils.http import urlencode

from accounts.access import Demand
from accounts.integrations.oidc import lifetimes

NAME = "progress"  # query parameter
_SALT = "oidc.progress"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a person did so far.

    Shape: `demanded` in seconds since 1970, 0 if nothing was demanded; `known` are the times of the verifications that
    the session already had then; `user_id` is who chose and agreed.
    """

    demanded: float = 0
    known: tuple[float, ...] = ()
    user_id: int = 0
    has_chosen: bool = False
    has_agreed: bool = False

    @property
    def demand(self) -> Demand | None:
        return Demand(at=_instant(self.demanded), known=frozenset(map(_instant, self.known))) if self.demanded else None

    def demanding(self, demand: Demand) -> "Progress":
        """Return the progress with a demand, and with those known verifications that could pass as new."""
        known = sorted(at.timestamp() for at in demand.known if demand.may_be_met_by(at))
        return replace(self, demanded=demand.at.timestamp(), known=tuple(known))

    def of(self, user_id: int) -> "Progress":
        """Return what counts for a person: nobody's choices count for anyone else."""
        return self if user_id == self.user_id else replace(self, has_chosen=False, has_agreed=False)


def _instant(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)


def _digest(query: Mapping[str, Sequence[str]]) -> str:
    rest = sorted((name, value) for name, values in query.items() if name != NAME for value in values)
    return hashlib.sha256(repr(rest).encode()).hexdigest()


def read(query: Mapping[str, Sequence[str]]) -> Progress:
    """Return the progress of a request; none if it is not ours, of another request or too old."""
    shown = query.get(NAME, ())
    if len(shown) != 1:
        return Progress()
    try:
        kept: dict[str, Any] = signing.loads(shown[0], salt=_SALT, max_age=lifetimes.AUTHORIZATION_PROGRESS_LIFE)
        return Progress(**kept["progress"]) if kept["of"] == _digest(query) else Progress()
    except (signing.BadSignature, KeyError, TypeError):  # not ours, or of another version
        return Progress()


def address(path: str, query: Mapping[str, Sequence[str]], progress: Progress) -> str:
    """Return the address of a request with this progress."""
    rest = [(name, value) for name, values in query.items() if name != NAME for value in values]
    signed = signing.dumps({"of": _digest(query), "progress": asdict(progress)}, salt=_SALT)
    return f"{path}?{urlencode([*rest, (NAME, signed)])}"
