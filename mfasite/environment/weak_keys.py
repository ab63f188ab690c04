"""Detects weak keys: typed by a person, copied from a page, or left at a default."""

import base64
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

MIN_SECRET_LENGTH = 50  # characters of SECRET_KEY. Source: Django's check security.W009
MIN_TOKEN_LENGTH = 16  # characters of a token that we share with another system
_MIN_COMPRESSED_BYTES = 35  # of 50 random characters, compressed; 50 random hex digits take 42
_MIN_DISTINCT_BYTES = 20  # in a key of 32; a random one has 26 or more
_MAX_SAME_STEP_SHARE = 0.5  # share of neighbours at equal distance, as in abcdef or 012345
# What samples in documentation, templates and tutorials contain.
_PLACEHOLDERS = (
    *("insecure", "change-me", "changeme", "change_me", "change-it", "change-this", "changethis", "please-change"),
    *("your-secret", "yoursecret", "your_secret", "secret-key", "secret_key", "secretkey", "super-secret"),
    *("example", "placeholder", "password", "for-the-tests", "test-key", "default", "qwertyuiop", "asdfghjkl"),
    *("letmein", "correct-horse", "correcthorse", "not-a-secret", "notasecret", "supersecret"),
)
_WORDS = ("", "secret", "password", "changeme", "change-me", "test", "testing", "key", "mfa", "demo", "example")
_HASHED = frozenset(hashlib.sha256(word.encode()).digest() for word in _WORDS)


def of_secret(value: str) -> str:
    """Return what is wrong with SECRET_KEY, or an empty string if it looks random."""
    if len(value) < MIN_SECRET_LENGTH:
        return f"is shorter than {MIN_SECRET_LENGTH} characters"
    folded = value.lower().replace(" ", "-")
    if any(word in folded for word in _PLACEHOLDERS):
        return "is an example or a default, not a secret"
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(value.encode()) + packer.flush()
    if len(packed) < _MIN_COMPRESSED_BYTES or _is_row(value.encode()):
        return "repeats itself, so it can be guessed"
    return ""


def of_key(value: bytes) -> str:
    """Return what is wrong with a key of 32 bytes, or an empty string if it looks random."""
    if len(set(value)) < _MIN_DISTINCT_BYTES:
        return "repeats itself, so it can be guessed"
    if _is_row(value):
        return "counts up or down, so it can be guessed"
    if value.isascii() and value.decode().isprintable():
        return "is typed text, not random bytes"
    if value in _HASHED:
        return "is the digest of a common word"
    return ""


def _is_row(value: bytes) -> bool:
    """Return whether most neighbours have the same distance, whatever it is."""
    steps = Counter((b - a) % 256 for a, b in pairwise(value))
    return max(steps.values(), default=0) > _MAX_SAME_STEP_SHARE * len(value)


def weaknesses(
    secret_key: str, keys: tuple[tuple[str, bytes], ...], shared: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    """Return one sentence for each weak key, without the key itself.

    Shape: `keys` as in MFA_KEYS; `shared` are tokens that other systems also know, by the name of their setting.
    """
    if fault := of_secret(secret_key):
        yield f"SECRET_KEY {fault}."
    for key_id, value in keys:
        if fault := of_key(value):
            yield f"The key {key_id} of MFA_KEYS {fault}."
        if base64.b64encode(value).decode().rstrip("=") in secret_key:
            yield f"SECRET_KEY contains the key {key_id} of MFA_KEYS. They must be different."
    twins = [key_id for key_id, value in keys if [v for _, v in keys].count(value) > 1]
    if twins:
        yield f"These keys in MFA_KEYS are identical: {', '.join(twins)}."
    folded = Counter(key_id.casefold() for key_id, _ in keys)
    for name in (name for name, n in folded.items() if n > 1):
        yield f"Two keys in MFA_KEYS have the same id: {name}."
    for setting, values in shared.items():
        if any(len(value) < MIN_TOKEN_LENGTH for value in values):
            yield f"{setting} is shorter than {MIN_TOKEN_LENGTH} characters."
