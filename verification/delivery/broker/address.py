"""The broker's address: the URLs that Celery accepts for Redis, read from the same Django settings."""

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings

_PORT, _SENTINEL_PORT = 6379, 26379


@dataclass(frozen=True)
class Login:
    """A username and password. Both are empty where nobody signs in."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class BrokerAddress:
    """One broker: a host and a port, or the path of a socket. Units: seconds."""

    host: str = ""
    port: int = _PORT
    path: str = ""
    login: Login = Login()
    database: int = 0
    tls: ssl.SSLContext | None = None
    connect_timeout: float
    timeout: float


@dataclass(frozen=True, kw_only=True)
class Sentinels:
    """Redis sentinels, which know under a name where the broker is. `broker` has all but its host and port."""

    addresses: tuple[BrokerAddress, ...]
    master: str
    broker: BrokerAddress


def read() -> BrokerAddress | Sentinels:
    """Read the settings `CELERY_BROKER_URL`, `CELERY_BROKER_TRANSPORT_OPTIONS` and `CELERY_BROKER_USE_SSL`."""
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    times = {"connect_timeout": options["socket_connect_timeout"], "timeout": options["socket_timeout"]}
    parts = [urlsplit(part) for part in settings.CELERY_BROKER_URL.split(";")]
    if parts[0].scheme != "sentinel":
        return _address(parts[0], times)
    theirs = Login(password=options.get("sentinel_kwargs", {}).get("password", ""))
    found = tuple(
        BrokerAddress(host=part.hostname or "", port=part.port or _SENTINEL_PORT, login=theirs, **times)
        for part in parts
    )
    return Sentinels(addresses=found, master=options["master_name"], broker=_address(parts[0], times))


def _address(part: SplitResult, times: dict[str, Any]) -> BrokerAddress:
    query = parse_qs(part.query)
    login = Login(unquote(part.username or ""), unquote(part.password or ""))
    if part.scheme == "redis+socket":
        database = query.get("virtual_host", ["0"])[0]
        return BrokerAddress(path=unquote(part.path), login=login, database=int(database.strip("/") or 0), **times)
    return BrokerAddress(
        host=part.hostname or "127.0.0.1",
        port=part.port or _PORT,
        login=login,
        database=int(part.path.strip("/") or 0),
        tls=_tls(query) if part.scheme == "rediss" or hasattr(settings, "CELERY_BROKER_USE_SSL") else None,
        **times,
    )


def _tls(query: dict[str, list[str]]) -> ssl.SSLContext:
    """Check certificates against the machine's authorities or a given one. Only `ssl_cert_reqs=none` turns it off."""
    context = ssl.create_default_context(cafile=settings.REDIS_CA_FILE or None)
    if "none" in "".join(query.get("ssl_cert_reqs", [])).lower():  # a system check warns of it
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
