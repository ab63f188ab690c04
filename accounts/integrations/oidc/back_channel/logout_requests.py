"""One HTTP request that tells a client that a session ended, to an address that an administrator entered.

Careful, because the address may lead anywhere: only https, to the address that this request resolved and checked, no
redirects, short timeouts, and the answer's body is not read.
Source: Back-Channel Logout 1.0, 2.5; OWASP, SSRF Prevention.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

from accounts.integrations.oidc.back_channel import logout_addresses

if TYPE_CHECKING:
    import urllib3

_CONNECT_TIMEOUT, _READ_TIMEOUT = 2.0, 3.0  # seconds


@dataclass(frozen=True, kw_only=True)
class LogoutResponse:
    """What came back. Shape: `status` is 0 without an answer; `problem` is one word, empty after an answer."""

    status: int = 0
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Source: Back-Channel Logout 1.0, 2.8: 200, and some frameworks answer 204."""
        return 200 <= self.status < 300


def send(uri: str, token: str) -> LogoutResponse:
    """Tell a client. Never raises, because one client must not affect another."""
    import urllib3  # noqa: PLC0415  (a megabyte, and only workers tell clients)

    if why := logout_addresses.flaw(uri):
        return LogoutResponse(problem=why)
    parts = urlsplit(uri)
    try:
        place = next(_places(parts), None)
    except (OSError, UnicodeError):  # no server, or none that can have this name, such as `a..b`
        return LogoutResponse(problem="name")
    if place is None:
        return LogoutResponse(problem="forbidden")
    try:
        return LogoutResponse(status=_post(parts, place, token))
    except urllib3.exceptions.SSLError:
        return LogoutResponse(problem="certificate")
    except urllib3.exceptions.NewConnectionError:
        return LogoutResponse(problem="connection")
    except (urllib3.exceptions.TimeoutError, TimeoutError):
        return LogoutResponse(problem="slow")
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return LogoutResponse(problem="connection")


def _places(parts: SplitResult) -> Iterator[str]:
    """Yield the network addresses of a host that may be asked."""
    for found in socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM):
        address = str(found[4][0])
        if not logout_addresses.is_forbidden(address):
            yield address


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _pool(parts: SplitResult, place: str) -> "urllib3.HTTPConnectionPool":
    import urllib3  # noqa: PLC0415  (the same)

    port, name = _port(parts), parts.hostname
    timeout = urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=_READ_TIMEOUT)
    if parts.scheme != "https":
        return urllib3.HTTPConnectionPool(place, port, timeout=timeout, retries=False, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        place,
        port,
        timeout=timeout,
        retries=False,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        server_hostname=name,
        assert_hostname=name,
    )


def _post(parts: SplitResult, place: str, token: str) -> int:
    """Connect to the address that was checked, so that no second look-up leads elsewhere, under the host's name."""
    with _pool(parts, place) as pool:
        answer = pool.urlopen(
            "POST",
            f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
            body=urlencode({"logout_token": token}),
            headers={
                "Host": parts.netloc,
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "*/*",
                "Connection": "close",
            },
            redirect=False,
            preload_content=False,
        )
        status = int(answer.status)
        with suppress(OSError):
            answer.close()
    return status
