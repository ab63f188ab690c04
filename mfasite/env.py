"""Typed readers of the environment; unset or empty means the default. No other module reads a variable."""

import base64
import binascii
import ipaddress
import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

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


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """Read one of a few words, in small or capital letters.

    Errors: ImproperlyConfigured, naming the choices.
    """
    value = text(name, default)
    found = next((word for word in choices if word.lower() == value.lower()), "")
    if not found:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return found


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
        if not (colon and key_id.isascii() and key_id.isalnum() and len(key) == KEY_BYTES):
            raise ImproperlyConfigured(f"{name}: entry {place} must be id:base64 of {KEY_BYTES} bytes.")
        if key_id in found:
            raise ImproperlyConfigured(f"{name}: the id of entry {place} stands there twice.")
        found[key_id] = key
    return tuple(found.items())


def _url(name: str, value: str, *, password: str) -> str:
    """Check the address of a server, and put a password into it that is set apart.

    Errors: ImproperlyConfigured. The address is never repeated in it, because it may hold a password.
    """
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise ImproperlyConfigured(_unreadable(name)) from None
    if "@" in parts.path + parts.query + parts.fragment or parts.netloc.count("@") > 1 or parts.fragment:
        raise ImproperlyConfigured(_unreadable(name))
    if not password:
        return value
    if parts.password:
        raise ImproperlyConfigured(f"The password stands in {name} and in a variable of its own. Set it once.")
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.rstrip(':')}:{quote(password, safe='')}@{host}").geturl()


def _unreadable(name: str) -> str:
    apart = name.replace("_URL", "_PASSWORD")
    return (
        f"{name} cannot be read as an address. If the password contains / ? # @ : or %, leave it out of the address "
        f"and set {apart} or {apart}_FILE instead, or percent-encode it ('/' becomes %2F)."
    )


def database(name: str, default: str = "") -> dict[str, Any]:
    """Read a database address as Django's settings of it; empty when there is none.

    Shape: sqlite:////path or postgres://user:password@host:port/name; the password may stand in `*_PASSWORD` instead.
    Errors: ImproperlyConfigured, never with a part of the address in it.
    """
    value = secret(name) or default
    if not value:
        return {}
    if not value.startswith("sqlite:"):
        value = _url(name, value, password=secret(name.replace("_URL", "_PASSWORD")))
    try:
        return cast("dict[str, Any]", environ.Env.db_url_config(value))
    except (ValueError, KeyError, TypeError, environ.ImproperlyConfigured):
        raise ImproperlyConfigured(_unreadable(name)) from None


def broker(name: str) -> str:
    """Read the address of a broker, as Celery takes it; empty when there is none.

    Shape: redis://host:6379/0, rediss:// with TLS, redis+socket:///path, amqp://, or the sentinels of a Redis with
    semicolons between them: sentinel://host:26379/0;sentinel://other:26379/0. The password may stand
    in `*_PASSWORD` instead.
    Errors: ImproperlyConfigured, never with a part of the address in it.
    """
    password = secret(name.replace("_URL", "_PASSWORD"))
    return ";".join(_url(name, part.strip(), password=password) for part in secret(name).split(";") if part.strip())


def load(path: Path) -> None:
    """Fill variables which are not set from a file of NAME=value lines, if there is such a file."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not name.startswith("#"):
                os.environ.setdefault(name.strip(), value.strip())
