"""URLs of the database and the broker, with the password inside or separate."""

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from verification.declaring_settings import Format, Wrong

_SQLITE = "django.db.backends.sqlite3"
_POSTGRESQL = "mfasite.postgresql"
_BROKERS = ("redis", "rediss", "redis+socket", "sentinel")
_HINT = (
    "isn't a valid address. If the password contains / ? # @ : or %, remove it from the address and set "
    "{name}_PASSWORD or {name}_PASSWORD_FILE instead, or percent-encode it ('/' becomes %2F)"
)


def _split(value: str, name: str) -> SplitResult:
    """Split a URL. Errors: `Wrong`, which never repeats the URL, because it may contain a password."""
    hint = _HINT.format(name=name)
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise Wrong(hint) from None
    if "@" in parts.path + parts.query + parts.fragment or parts.netloc.count("@") > 1 or parts.fragment:
        raise Wrong(hint)
    return parts


def _parse_database(value: str) -> dict[str, Any]:
    if value.startswith("sqlite:"):
        path = value.removeprefix("sqlite:///")
        if not path or path == value:
            raise Wrong
        return {"ENGINE": _SQLITE, "NAME": path}
    parts = _split(value, "DATABASE")
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise Wrong
    # Not `parts.hostname`, which is lower case: a host may be the percent-encoded path of a socket.
    host = re.sub(r":[0-9]*$", "", parts.netloc.rpartition("@")[2]).strip("[]")
    database: dict[str, Any] = {
        "ENGINE": _POSTGRESQL,
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": parts.port or "",
    }
    options = dict(parse_qsl(parts.query))
    return database | ({"OPTIONS": options} if options else {})


def _parse_broker(value: str) -> str:
    for part in _parts(value):
        if _split(part, "REDIS").scheme not in _BROKERS:
            raise Wrong
    return ";".join(_parts(value))


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


database = Format(
    "an address such as postgres://user@host:5432/name or sqlite:////folder/file",
    _parse_database,
    "postgres://two-step@database.example.net:5433/two-step",
)
broker = Format(
    "an address such as redis://host:6379/0 (rediss:// with TLS), redis+socket:///path, or Redis sentinels: "
    "sentinel://host:26379/0;sentinel://other:26379/0",
    _parse_broker,
    "rediss://broker.example.net:6380/1",
)


def has_password(address: str) -> bool:
    """Return whether the URL of a broker contains a password."""
    return any(urlsplit(part).password for part in _parts(address))


def with_password(address: str, password: str) -> str:
    """Add a password to the URL of a broker, or to those of all its sentinels."""
    return ";".join(_put(urlsplit(part), password) for part in _parts(address)) if password else address


def _put(parts: SplitResult, password: str) -> str:
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.rstrip(':')}:{quote(password, safe='')}@{host}").geturl()
