"""Signed tokens (JWT) for applications: the keys that sign them, how keys follow each other, what is published.

Each algorithm has its own keys. A new one is published a day before it signs, and an old one stays published for a
day after its last signature, so applications that cache our keys for some hours never meet an unknown one.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.db.models import QuerySet

from verification.db.ttl_cache import TTLCache
from verification.keys import crypto
from verification.models import SigningKey

PURPOSE = "signing_key"
LEAD = timedelta(days=1)  # published before it signs
LIFE = timedelta(days=90)  # how long a key signs
OVERLAP = timedelta(days=1)  # published after it signed; every token has expired long before
RETENTION = timedelta(days=90)  # after that, how long a key still verifies our own old tokens at sign-out

_RSA_BITS = 2048  # Source: RFC 7518, 3.3
_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class NoKey(Exception):
    """No key of this algorithm was made yet, or the key ring doesn't open it.

    `prepare` makes one, when the first application needs it.
    """


def _rows() -> QuerySet[SigningKey]:
    return SigningKey.objects.order_by("signs_from", "pk")


def _load() -> tuple[SigningKey, ...]:
    return tuple(_rows())


_cache: TTLCache[tuple[SigningKey, ...]] = TTLCache(_load)


def forget() -> None:
    """Read the keys again next time."""
    _cache.forget()


# Which keys there are ------------------------------------------------------------------------------------------


def prepare(now: datetime) -> int:
    """Make the first key of each algorithm that has none. It signs immediately. Return how many were made."""
    known = set(_rows().values_list("algorithm", flat=True))
    missing = [algorithm for algorithm in _MAKERS if algorithm not in known]
    for algorithm in missing:
        _make(algorithm, now=now, signs_from=now)
    return len(missing)


def rotate(now: datetime) -> list[str]:
    """Make the next key of each algorithm whose newest one is old, and delete keys that nobody needs. Runs daily."""
    made = []
    for algorithm, keys in _by_algorithm(_load()).items():
        if keys[-1].signs_from + LIFE - LEAD <= now:
            made.append(_make(algorithm, now=now, signs_from=max(now + LEAD, keys[-1].signs_from + LIFE)))
        for key, following in itertools.pairwise(keys):
            if following.signs_from + RETENTION <= now:
                _rows().filter(pk=key.pk).delete()
    forget()
    return made


def replace(now: datetime) -> list[str]:
    """Replace all keys immediately, because someone else may know them. Every token that they signed is void."""
    former = [key.pk for key in _load()]
    made = [_make(algorithm, now=now, signs_from=now) for algorithm in _MAKERS]
    _rows().filter(pk__in=former).delete()
    forget()
    return made


def published(now: datetime) -> list[dict[str, Any]]:
    """Return the public keys that applications need now. Shape: JSON Web Keys. Source: RFC 7517, 4."""
    found = []
    for keys in _by_algorithm(_cache.read()).values():
        ends = [following.signs_from + OVERLAP for following in keys[1:]]
        found += [key for key, end in zip(keys, [*ends, None], strict=True) if end is None or end > now]
    return [{**key.public, "kid": key.kid, "use": "sig", "alg": key.algorithm} for key in found]


def _by_algorithm(keys: tuple[SigningKey, ...]) -> dict[str, list[SigningKey]]:
    return {name: [key for key in keys if key.algorithm == name] for name in sorted({key.algorithm for key in keys})}


def _make(algorithm: str, *, now: datetime, signs_from: datetime) -> str:
    private = _MAKERS[algorithm]()
    public = _public(private)
    row = SigningKey(kid=_thumbprint(public), public=public)
    row.algorithm, row.made_at, row.signs_from = algorithm, now, signs_from
    raw = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    row.sealed = crypto.seal(raw, purpose=PURPOSE, bound=row.bound())
    row.save(force_insert=True)
    forget()
    return row.kid


def _rsa() -> _Private:
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def _ec() -> _Private:
    return ec.generate_private_key(ec.SECP256R1())


_MAKERS = {"RS256": _rsa, "ES256": _ec}


def _public(private: _Private) -> dict[str, str]:
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    point = private.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}


def _number(value: int, length: int = 0) -> str:
    raw = value.to_bytes(length or (value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _thumbprint(public: Mapping[str, str]) -> str:
    """Source: RFC 7638, 3.2: the required members in alphabetical order, without spaces."""
    text = json.dumps(dict(sorted(public.items())), separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


# Tokens --------------------------------------------------------------------------------------------------------


def sign(claims: Mapping[str, Any], *, algorithm: str, typ: str, now: datetime) -> str:
    """Sign claims with the current key of an algorithm. Shape: compact JWS. Errors: `NoKey`."""
    keys = [key for key in _cache.read() if key.algorithm == algorithm]
    if not keys:
        raise NoKey(algorithm)
    # If a clock goes back after the keys were replaced, or another host's clock is behind, all are in the future.
    key = ([key for key in keys if key.signs_from <= now] or keys[:1])[-1]
    try:
        private = _opened(key.sealed, key.bound())
    except crypto.Unsealable:
        raise NoKey(algorithm) from None
    return jwt.encode(dict(claims), private, algorithm=algorithm, headers=_headers(key, typ))


def _headers(key: SigningKey, typ: str) -> dict[str, str]:
    return {"kid": key.kid, "typ": typ}


@lru_cache(maxsize=16)
def _opened(sealed: str, bound: str) -> _Private:
    raw = crypto.unseal(sealed, purpose=PURPOSE, bound=bound)
    return cast("_Private", serialization.load_der_private_key(raw, password=None))


def read(token: str, *, typ: str) -> dict[str, Any] | None:
    """Return the claims of a token that one of our keys signed, even an expired one; None for anything else.

    The caller checks what the claims say. Only our algorithms count, and each key is used with its own.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        return None
    if header.get("typ") != typ:
        return None
    for key in _named(header.get("kid")):
        try:
            return jwt.decode(
                token,
                jwt.PyJWK({**key.public, "alg": key.algorithm}).key,
                algorithms=[key.algorithm],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError:
            return None
    return None


def _named(kid: object) -> Iterator[SigningKey]:
    return (key for key in _cache.read() if key.kid == kid)
