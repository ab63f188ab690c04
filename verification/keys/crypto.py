"""Encryption of secrets with the keys of MFA_KEYS, and keyed digests with keys that are stored encrypted.

A sealed value can be sealed again under a newer key. A digest cannot, because nobody knows the value: so its key stays,
and only the seal of that key is renewed. Each key of the ring can leave it, and no digest is lost.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps

from verification import conf

_VERSION = "v1"
_NONCE_BYTES = 12  # Source: NIST SP 800-38D, 5.2.1.1


class Unsealable(Exception):
    """An encrypted value was altered, moved to another row, or encrypted with a key that the ring no longer holds."""


class KeyMissing(Unsealable):
    """No key has this name."""


def _ring() -> tuple[tuple[str, bytes], ...]:
    return tuple(conf.keys())


def current_key() -> str:
    """Return the name of the key that seals and signs now: the first of the ring."""
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
    raise KeyMissing(f"the key ring has no key named {key_id!r}")


def seal(plain: bytes, *, purpose: str, bound: str, key_id: str = "") -> str:
    """Seal a secret for one place, under the current key unless another one is named.

    Shape: `v1.key id.base64url(nonce + ciphertext)`; `bound` names table, column, row and person.
    Source: NIST SP 800-38D (AES-256-GCM), RFC 5869 (HKDF).
    """
    key_id = key_id or current_key()
    nonce = os.urandom(_NONCE_BYTES)
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
        return AESGCM(_key(f"seal/{purpose}", key_id)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound.encode())
    except (ValueError, InvalidTag) as error:
        raise Unsealable("the value does not belong here") from error


# Digests -------------------------------------------------------------------------------------------------------


DIGEST_KEY = "digest_key"  # the purpose for which the keys of digests are sealed
# By name, the one that makes digests now first; those that the ring doesn't open have no value. Rows of their table
# are never changed but for their seal, so a process reads them once.
_digest_keys: dict[str, bytes | None] = {}


def _keys_by_name() -> dict[str, bytes | None]:
    if _digest_keys:
        return _digest_keys
    found: dict[str, bytes | None] = {}
    # By name: models import this module.
    for row in apps.get_model("verification", "DigestKey").objects.order_by("pk"):
        try:
            found[row.name] = unseal(row.sealed, purpose=DIGEST_KEY, bound=row.bound())
        except Unsealable:
            found[row.name] = None
    if all(found.values()):
        _digest_keys.update(found)
    return found


def forget() -> None:
    """Read the keys of digests again next time, as a new process does."""
    _digest_keys.clear()


def digest_key() -> str:
    """Return the name of the key that makes digests now.

    Errors: `KeyMissing` before the database was migrated.
    """
    for name in _keys_by_name():
        return name
    raise KeyMissing("the database holds no key for digests: run manage.py migrate")


def digest_keys() -> tuple[str, ...]:
    """Name all keys of digests that the ring opens, the one that makes digests now first."""
    return tuple(name for name, value in _keys_by_name().items() if value)


def _digest_key(purpose: str, name: str) -> bytes:
    value = _keys_by_name().get(name)
    if value is None:
        raise KeyMissing(f"no key named {name!r} is there for digests, or the key ring does not open it")
    return _derive(value, f"mac/{purpose}")


def mac(purpose: str, *parts: str | bytes, key_id: str = "") -> bytes:
    """Authenticate parts under a key of digests, one a purpose; each part is framed by its length.

    Shape: 32 bytes. Source: RFC 2104. Errors: `KeyMissing`.
    """
    raws = [part.encode() if isinstance(part, str) else part for part in parts]
    framed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)
    return hmac.digest(_digest_key(purpose, key_id or digest_key()), framed, hashlib.sha256)


def digest(purpose: str, value: str) -> str:
    """Return the keyed digest under which a value is looked up. Shape: 64 hex digits."""
    return mac(purpose, value).hex()


def digests(purpose: str, value: str) -> tuple[str, ...]:
    """Return the digests of a value under every key; there are several only where an older release left them."""
    return tuple(mac(purpose, value, key_id=name).hex() for name in digest_keys())
