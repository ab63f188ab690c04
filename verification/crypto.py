"""Seals secrets at rest and derives keys, one a purpose, from an ordered ring. What to seal is the callers' matter."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = "v1"
_NONCE = 12  # bytes. Source: NIST SP 800-38D, 5.2.1.1


class Unsealable(Exception):
    """A sealed value was altered, moved to another row, or sealed by a key that the ring no longer holds."""


def _ring() -> tuple[tuple[str, bytes], ...]:
    return tuple(settings.MFA_KEYS)


def current_key() -> str:
    """Name the key that seals and signs now: the first of the ring."""
    return _ring()[0][0]


def key_ids() -> tuple[str, ...]:
    """Name all keys of the ring, the current one first."""
    return tuple(key_id for key_id, _ in _ring())


@lru_cache(maxsize=256)
def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"mfa/{purpose}".encode()).derive(master)


def _key(purpose: str, key_id: str) -> bytes:
    for name, master in _ring():
        if name == key_id:
            return _derive(master, purpose)
    raise Unsealable(f"the key ring has no key named {key_id!r}")


def seal(plain: bytes, *, purpose: str, bound: str) -> str:
    """Seal a secret for one place.

    Shape: `v1.key id.base64url(nonce + ciphertext)`; `bound` names table, column, row and person.
    Source: NIST SP 800-38D (AES-256-GCM), RFC 5869 (HKDF).
    """
    key_id = current_key()
    nonce = os.urandom(_NONCE)
    cipher = AESGCM(_key(f"seal/{purpose}", key_id)).encrypt(nonce, plain, bound.encode())
    return f"{_VERSION}.{key_id}.{base64.urlsafe_b64encode(nonce + cipher).decode()}"


def unseal(value: str, *, purpose: str, bound: str) -> bytes:
    """Open a sealed secret in the place it was sealed for.

    Errors: `Unsealable` when it was altered or moved, or its key is gone.
    """
    try:
        version, key_id, body = value.split(".", 2)
        raw = base64.urlsafe_b64decode(body)
        if version != _VERSION:
            raise Unsealable(f"unknown seal {version!r}")
        return AESGCM(_key(f"seal/{purpose}", key_id)).decrypt(raw[:_NONCE], raw[_NONCE:], bound.encode())
    except (ValueError, InvalidTag) as error:
        raise Unsealable("the value does not belong here") from error


def sealed_by(value: str) -> str:
    """Name the key that sealed a value."""
    return value.split(".", 2)[1]


def mac(purpose: str, *parts: str | bytes, key_id: str = "") -> bytes:
    """Authenticate parts under the key of a purpose; each part is framed by its length.

    Shape: 32 bytes. Source: RFC 2104.
    """
    raws = [part.encode() if isinstance(part, str) else part for part in parts]
    framed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)
    return hmac.digest(_key(f"mac/{purpose}", key_id or current_key()), framed, hashlib.sha256)


def digest(purpose: str, value: str) -> str:
    """Give the keyed digest under which a value is looked up. Shape: 64 hex digits."""
    return mac(purpose, value).hex()


def digests(purpose: str, value: str) -> tuple[str, ...]:
    """Give the digests of a value under every key of the ring, for look-ups while keys change."""
    return tuple(mac(purpose, value, key_id=key_id).hex() for key_id in key_ids())
