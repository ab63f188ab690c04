"""The address that a proxy asks about: one reading of its headers, which refuses everything doubtful.

Proxies, applications and we may read an odd address differently, and each difference is a bypass. So nothing here is
repaired: an address is plain, or the answer is no.
Sources: CVE-2025-64484, CVE-2026-25748, CVE-2026-40575; RFC 3986, 3.3.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from django.conf import settings

OUR_PREFIX = "/.two-step/"  # of our own addresses on an application's host
MAX_PATH_LENGTH = 4096  # characters, with the query
_MAX_OUR_LENGTH = 8192  # the same of our own addresses: a ticket has the wanted one inside, in base64
_MAX_PORT = 65_535
_MAX_HOST = 253 + len(f":{_MAX_PORT}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")
_METHOD = re.compile(r"[A-Za-z-]{1,20}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
# An empty segment, a backslash, a fragment, an incomplete escape; the escapes of a dot, slash, backslash or control
# character, and of an escape (`%252e`): some programs decode them before they look for `..`, and others after that.
_DOUBTFUL = re.compile(r"//|\\|#|%(?![0-9a-f]{2})|%(?:2e|2f|5c|7f|[01][0-9a-f]|25[0-9a-f]{2}|25u)", re.IGNORECASE)
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}
# Other headers that name an address. Nobody here reads them, but a proxy that sends one means what it says.
_PATHS = ("X-Original-Uri", "X-Rewrite-Url", "X-Envoy-Original-Path")
_URL = "X-Original-Url"
_METHODS = ("X-Original-Method",)


class Doubt(StrEnum):
    """Why an address can't be judged."""

    MISSING = "missing"
    CONFLICT = "conflict"
    HOST = "host"
    SCHEME = "scheme"
    METHOD = "method"
    PATH = "path"
    COOKIE = "cookie"


@dataclass(frozen=True, kw_only=True)
class ForwardedUrl:
    """An address of a protected host. Shape: `host` with its port unless that is the usual one; `uri` as it was sent;
    `path` decoded."""

    scheme: str
    host: str
    uri: str
    path: str
    method: str = "GET"

    @property
    def origin(self) -> str:
        """The start of the address, without a slash at its end."""
        return f"{self.scheme}://{self.host}"

    @property
    def url(self) -> str:
        """The whole address, as the browser knows it."""
        return f"{self.origin}{self.uri}"


def our_scheme() -> str:
    """Return the scheme of all hosts, which is our own: cookies of https hosts are sent over https only."""
    return "https" if settings.HTTPS else "http"


def of_headers(headers: Mapping[str, str], *, below: str = "") -> ForwardedUrl | Doubt:
    """Read the address from a proxy's headers. `below` is the path that it appended to our own, decoded.

    The scheme may be missing: our own proxy in front of us replaces it, or removes it.
    Shape: `headers` finds names in any case, as Django's do.
    """
    names = ("X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Proto", "X-Forwarded-Method")
    host, uri, proto, method = (headers.get(name, "") for name in names)
    if not (host and uri and method):
        return Doubt.MISSING
    if proto and proto.lower() != our_scheme():
        return Doubt.SCHEME
    if not _METHOD.fullmatch(method):
        return Doubt.METHOD
    address = read(host=host, uri=uri, method=method)
    if isinstance(address, Doubt):
        return address
    return Doubt.CONFLICT if _contradicts(headers, address, below) else address


def read(*, host: str, uri: str, method: str = "GET") -> ForwardedUrl | Doubt:
    """Read an address from its parts."""
    if (name := host_name(host)) is None:
        return Doubt.HOST
    if (path := _decoded(uri)) is None:
        return Doubt.PATH
    return ForwardedUrl(scheme=our_scheme(), host=name, uri=uri, path=path, method=method.upper())


def of_url(url: str) -> ForwardedUrl | Doubt:
    """Read an address from a whole URL."""
    start = f"{our_scheme()}://"
    if not url.startswith(start):
        return Doubt.SCHEME
    host, slash, rest = url.removeprefix(start).partition("/")
    return read(host=host, uri=slash + rest)


def host_name(text: str) -> str | None:
    """Read a host in lower case, with its port unless that is the usual one. None if it is no host name."""
    folded = text.lower()
    if len(folded) > _MAX_HOST or not text.isascii() or not _HOST.fullmatch(folded):
        return None
    if int(folded.partition(":")[2] or 1) > _MAX_PORT:
        return None
    return folded.removesuffix(_DEFAULT_PORTS[our_scheme()])


def _decoded(uri: str) -> str | None:
    """Decode the path once. None if anyone could read it as another path."""
    path = uri.partition("?")[0]
    longest = _MAX_OUR_LENGTH if path.startswith(OUR_PREFIX) else MAX_PATH_LENGTH
    if len(uri) > longest or not _VISIBLE.fullmatch(uri) or not path.startswith("/") or _DOUBTFUL.search(path):
        return None
    if "#" in uri:
        return None
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return None
    folded = unicodedata.normalize("NFKC", decoded)
    is_plain = all(_is_plain(each) for each in (decoded, folded)) and folded.count("/") == decoded.count("/")
    return decoded if is_plain else None


def _is_plain(path: str) -> bool:
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} for sign in path):
        return False
    return "\\" not in path and not any(part.partition(";")[0].strip() in {".", ".."} for part in path.split("/"))


def is_ambiguous(path: str) -> bool:
    """Return whether some servers would take a path for another one, which matters where rules differ by path.

    Java servers cut parameters after a semicolon, and Windows ignores dots and spaces at the end of a name.
    """
    return ";" in path or any(part != part.rstrip(". ") for part in path.split("/"))


def _contradicts(headers: Mapping[str, str], address: ForwardedUrl, below: str) -> bool:
    paths = [headers[name] for name in _PATHS if name in headers]
    methods = [headers[name] for name in _METHODS if name in headers]
    is_elsewhere = _URL in headers and headers[_URL] not in {address.url, address.uri}
    is_below_another = below not in {"", "/"} and below != address.path
    return (
        is_elsewhere
        or is_below_another
        or any(path != address.uri for path in paths)
        or any(method.upper() != address.method for method in methods)
    )
