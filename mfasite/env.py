"""Typed readers of the environment; unset or empty means the default. No other module reads a variable."""

import base64
import binascii
import ipaddress
import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
KEY_BYTES = 32


def text(name: str, default: str = "") -> str:
    """Read a line of text, without the white space around it."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Read yes or no.

    Errors: ImproperlyConfigured when it is neither.
    """
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in TRUE


def number(name: str, default: int) -> int:
    """Read a whole number.

    Errors: ImproperlyConfigured when it is none.
    """
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Read a list, separated by commas."""
    return tuple(word.strip() for word in text(name).split(",") if word.strip()) or default


def table(name: str) -> dict[str, str]:
    """Read pairs such as `CH=+41445550100,*=+15005550006`.

    Errors: ImproperlyConfigured when one is no pair.
    """
    pairs = [word.partition("=") for word in words(name)]
    if any(not key.strip() or not value.strip() for key, _, value in pairs):
        raise ImproperlyConfigured(f"{name} must be pairs such as CH=+41445550100,*=+15005550006.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def networks(name: str) -> tuple[str, ...]:
    """Read a list of networks.

    Shape: CIDR, one address being a network of its own.
    Errors: ImproperlyConfigured when one cannot be read.
    """
    try:
        return tuple(str(ipaddress.ip_network(word)) for word in words(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must list networks such as 10.0.0.0/8: {error}.") from None


def address(name: str) -> str:
    """Read the address of a site, without a path and without a slash at the end.

    Errors: ImproperlyConfigured when it is none.
    """
    value = text(name).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
        raise ImproperlyConfigured(f"{name} must look like https://mfa.example.org, not {value!r}.")
    return value


def secret(name: str) -> str:
    """Read a secret from its variable, or from the file that NAME_FILE points to.

    Errors: ImproperlyConfigured when both are set or the file cannot be read, never with the secret in it.
    """
    value, path = text(name), text(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None


def secrets(name: str) -> tuple[str, ...]:
    """Read a list of secrets, separated by commas, the present one first."""
    return tuple(part.strip() for part in secret(name).split(",") if part.strip())


def keys(name: str) -> tuple[tuple[str, bytes], ...]:
    """Read the ordered list of sealing keys; the first one seals, all of them unseal.

    Shape: id:base64 of 32 bytes, separated by commas.
    Errors: ImproperlyConfigured, naming the place in the list and never the key.
    """
    found: dict[str, bytes] = {}
    for place, entry in enumerate(filter(None, (part.strip() for part in secret(name).split(","))), start=1):
        key_id, colon, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not (colon and key_id.isalnum() and len(key) == KEY_BYTES):
            raise ImproperlyConfigured(f"{name}: entry {place} must be id:base64 of {KEY_BYTES} bytes.")
        if key_id in found:
            raise ImproperlyConfigured(f"{name}: the id of entry {place} stands there twice.")
        found[key_id] = key
    return tuple(found.items())


def database(name: str, default: str = "") -> dict[str, Any]:
    """Read a database address as Django's settings of it; empty when there is none.

    Shape: sqlite:////path or postgres://user:password@host:port/name.
    """
    value = secret(name) or default
    return cast("dict[str, Any]", environ.Env.db_url_config(value)) if value else {}


def load(path: Path) -> None:
    """Fill variables which are not set from a file of NAME=value lines, if there is such a file."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not name.startswith("#"):
                os.environ.setdefault(name.strip(), value.strip())
