"""Formats of settings: what the text of a variable must look like, and how it is parsed."""

import base64
import binascii
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
N = TypeVar("N", int, float, Decimal)

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
KEY_BYTES = 32
_HOST_NAME = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[\da-fA-F:.]+\]", re.ASCII)


class Wrong(ValueError):
    """The text doesn't have the format. The message, if there is one, never repeats the text."""


@dataclass(frozen=True)
class Format(Generic[T]):
    """How a text is parsed.

    Shape: `expects` completes "enter ...". `parse` takes a text that is stripped and not empty. `write` is its inverse,
    for the default in the table. `example` differs from every default.
    Errors: `parse` raises `Wrong`.
    """

    expects: str
    parse: Callable[[str], T]
    example: str
    write: Callable[[T], str] = str


def _numbers(
    expects: str, read: Callable[[str], N], least: N, most: N, make: Callable[[N], T], write: Callable[[T], str]
) -> Format[T]:
    def parse(text: str) -> T:
        try:
            value = read(text)
        except (ValueError, InvalidOperation):
            raise Wrong from None
        if not least <= value <= most:  # NaN is refused too
            raise Wrong
        return make(value)

    return Format(f"{expects} from {least} to {most}", parse, str(most), write)


def _digits(text: str) -> int:
    # int() also reads "1_000" and digits of other scripts.
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise ValueError
    return Decimal(text)


def whole_number(least: int, most: int) -> Format[int]:
    """Parse a whole number within bounds."""
    return _numbers("a whole number", _digits, least, most, int, str)


def decimal(least: Decimal, most: Decimal) -> Format[Decimal]:
    """Parse an amount such as 0.08."""
    return _numbers("a number", _decimal, least, most, Decimal, str)


def seconds_with_fraction(least: float, most: float) -> Format[float]:
    """Parse a time in seconds such as 0.5."""
    return _numbers("seconds", lambda text: float(_decimal(text)), least, most, float, lambda value: f"{value:g}")


def _times(unit: str, one: timedelta) -> Callable[[int, int], Format[timedelta]]:
    def bounded(least: int, most: int) -> Format[timedelta]:
        return _numbers(
            f"a whole number of {unit}", _digits, least, most, lambda n: n * one, lambda value: str(value // one)
        )

    return bounded


seconds = _times("seconds", timedelta(seconds=1))
minutes = _times("minutes", timedelta(minutes=1))
hours = _times("hours", timedelta(hours=1))
days = _times("days", timedelta(days=1))


def text(expects: str = "text", *, example: str, pattern: str = ".*") -> Format[str]:
    """Parse a text, which must match the whole pattern if there is one."""

    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value, re.DOTALL):
            raise Wrong
        return value

    return Format(expects, parse, example)


def one_of(*choices: str) -> Format[str]:
    """Parse one of a few words, in any case."""

    def parse(value: str) -> str:
        found = next((word for word in choices if word.lower() == value.lower()), "")
        if not found:
            raise Wrong
        return found

    return Format(f"one of {', '.join(choices)}", parse, choices[0])


def _parse_flag(value: str) -> bool:
    if value.lower() not in TRUE | FALSE:
        raise Wrong
    return value.lower() in TRUE


flag = Format("1 or 0", _parse_flag, "1", lambda value: "1" if value else "0")


def _split(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def words(expects: str = "a list, separated by commas", *, example: str = "one,two") -> Format[tuple[str, ...]]:
    """Parse a list, separated by commas."""
    return Format(expects, _split, example, ",".join)


def host_names(*, example: str) -> Format[tuple[str, ...]]:
    """Parse names of hosts, without scheme and port. A name that begins with a dot includes those below it."""

    def parse(value: str) -> tuple[str, ...]:
        found = _split(value)
        if not all(_HOST_NAME.fullmatch(name) for name in found):
            raise Wrong("names only, without https:// and without a port")
        return found

    return Format("host names, separated by commas", parse, example, ",".join)


def packages(parent: str, *, example: str) -> Format[tuple[str, ...]]:
    """Parse names of packages: a short name is one of ours, a dotted name one of the organisation's."""

    def parse(value: str) -> tuple[str, ...]:
        found = tuple(name if "." in name else f"{parent}.{name}" for name in _split(value))
        if not all(part.isidentifier() for name in found for part in name.split(".")):
            raise Wrong
        if len({*found}) < len(found):
            raise Wrong("each once")
        return found

    return Format("names of packages, separated by commas", parse, example, ",".join)


def pairs(*, example: str, values: Iterable[str] = ()) -> Format[dict[str, str]]:
    """Parse pairs such as `CH=+41445550100,*=+15005550006`."""
    allowed = frozenset(values)

    def parse(value: str) -> dict[str, str]:
        found = [word.partition("=") for word in _split(value)]
        if any(not key.strip() or not said.strip() for key, _, said in found):
            raise Wrong
        table = {key.strip(): said.strip() for key, _, said in found}
        if allowed and not allowed.issuperset(table.values()):
            raise Wrong
        return table

    def write(table: dict[str, str]) -> str:
        return ",".join(f"{key}={said}" for key, said in table.items())

    among = f" (second parts: {', '.join(sorted(allowed))})" if allowed else ""
    return Format(f"pairs such as {example}{among}", parse, example, write)


def _parse_networks(value: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(word)) for word in _split(value))
    except ValueError as error:
        raise Wrong(f"enter networks such as 10.0.0.0/8, separated by commas: {error}") from None


networks = Format(
    "networks such as 10.0.0.0/8, separated by commas", _parse_networks, "192.0.2.0/28,2001:db8::/64", ",".join
)


def _parse_site(value: str) -> str:
    value = value.rstrip("/")
    try:
        parts = urlsplit(value)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.path or parts.query)
    except ValueError:
        raise Wrong from None
    if not is_site:
        raise Wrong
    return value


site = Format("an address without a path, such as https://mfa.example.org", _parse_site, "https://two-step.example.net")


def _parse_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise Wrong from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Wrong
    return value


def url(*, example: str) -> Format[str]:
    """Parse the address of another system, with or without a path."""
    return Format(f"an address such as {example}", _parse_url, example)


file = Format("a file", lambda value: str(Path(value).resolve()), "/srv/example/list.bin")
folder = Format("a folder", lambda value: Path(value).resolve(), "/srv/example")


def _parse_time_zone(value: str) -> str:
    try:
        return zoneinfo.ZoneInfo(value).key
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise Wrong from None


time_zone = Format("a time zone such as Europe/Zurich", _parse_time_zone, "Asia/Kathmandu")


def _parse_region(value: str) -> str:
    if not re.fullmatch("[A-Za-z]{2}", value):
        raise Wrong
    return value.upper()


region = Format("a country of two letters, such as CH", _parse_region, "AT")


def _parse_keys(value: str) -> tuple[tuple[str, bytes], ...]:
    found: dict[str, bytes] = {}
    for place, entry in enumerate(_split(value), start=1):
        key_id, colon, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not (colon and key_id.isascii() and key_id.isalnum() and len(key) == KEY_BYTES):
            raise Wrong(f"entry {place} must be id:base64 of {KEY_BYTES} bytes")
        if key_id in found:
            raise Wrong(f"the id of entry {place} is used twice")
        found[key_id] = key
    return tuple(found.items())


keys = Format(
    f"id:base64 of {KEY_BYTES} bytes, separated by commas", _parse_keys, f"k9:{base64.b64encode(bytes(32)).decode()}"
)
