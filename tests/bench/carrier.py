"""A carrier that only answers, in a process of its own: `python -m tests.bench.carrier HOST [CERTIFICATE KEY]`.

It takes texts as the provider `gateway` sends them, after a latency that it is told, and keeps what it got in memory.
"""

import asyncio
import json
import random
import ssl
import sys
import time
from http.client import HTTPConnection, HTTPSConnection
from itertools import count
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

_SEND, _LATENCY, _FAULTS, _TEXTS, _ANSWERED = "/send", "/latency", "/faults", "/texts", "/answered"
_LATE_SECONDS = 9.0  # seconds: longer than a provider's answer is waited for


_TOO_MANY_REQUESTS, _SERVER_ERROR, _GARBAGE, _LATE_ANSWER = 429, 500, 701, 702
_WAYS = (_TOO_MANY_REQUESTS, _TOO_MANY_REQUESTS, _SERVER_ERROR, _SERVER_ERROR, _GARBAGE, _LATE_ANSWER)


class FakeGateway:
    """What came in, and how it is answered. Units: `latency` seconds; `faults` a share of all texts."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.faults = 0.0
        self._chance = random.Random(1)  # noqa: S311  (spreads faults, protects nothing)
        self.texts: list[dict[str, Any]] = []
        self.answered: list[dict[str, Any]] = []
        self._numbers = count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one line until it is cut."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                sizes = [line.split(":")[1] for line in lines if line.lower().startswith("content-length")]
                body = await reader.readexactly(int(sizes[0]) if sizes else 0)
                status, told = await self._answer(first.split()[1], json.loads(body or b"{}"))
                lines = [
                    f"HTTP/1.1 {status} X",
                    "Content-Type: application/json",
                    f"Content-Length: {len(told)}",
                    "",
                    "",
                ]
                writer.write("\r\n".join(lines).encode() + told)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, told: dict[str, Any]) -> tuple[int, bytes]:
        if path == _SEND:
            return await self._take(told)
        if path == _LATENCY:
            self.latency = told["seconds"]
        elif path == _FAULTS:
            self.faults = told["share"]
        else:
            return 200, json.dumps((self.answered if path == _ANSWERED else self.texts)[told["since"] :]).encode()
        return 200, b"{}"

    async def _take(self, text: dict[str, Any]) -> tuple[int, bytes]:
        """Take a text, or fail: with a server's fault, an order to wait, words that are no JSON, or far too late."""
        fault = self._chance.choice(_WAYS) if self._chance.random() < self.faults else 201
        kept = text | {"at": time.time(), "status": fault}
        self.texts.append(kept)
        await asyncio.sleep(_LATE_SECONDS if fault == _LATE_ANSWER else self.latency)
        self.answered.append(kept)
        if fault == _GARBAGE:
            return 201, b"<html>"
        return min(fault, 599), json.dumps({"id": f"B{next(self._numbers):09d}"}).encode()


class CarrierClient:
    """A driver's line to the carrier."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._wire = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc)
        self._lock = Lock()

    def delay(self, seconds: float) -> None:
        """Tell how long a hand-over takes from now on."""
        self._ask(_LATENCY, seconds=seconds)

    def fail(self, share: float) -> None:
        """Let a share of the texts fail from now on, each in some way."""
        self._ask(_FAULTS, share=share)

    def texts(self, since: int = 0) -> list[dict[str, Any]]:
        """Give what came in, the first ones left out.

        Shape: `id`, `to`, `text`, `callback`, `status`. Units: `at` in epoch seconds.
        A `status` of 429 was surely not taken; every other one may have been.
        """
        found: list[dict[str, Any]] = self._ask(_TEXTS, since=since)
        return found

    def answered(self, since: int) -> list[dict[str, Any]]:
        """Give what the carrier has answered, in the order of its answers, the first ones left out."""
        found: list[dict[str, Any]] = self._ask(_ANSWERED, since=since)
        return found

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _ask(self, path: str, **fields: Any) -> Any:
        with self._lock:
            self._wire.request("POST", path, json.dumps(fields))
            return json.loads(self._wire.getresponse().read())


async def _main() -> None:
    host, *certificate = sys.argv[1:] or ["127.0.0.1"]
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
    if secure:
        secure.load_cert_chain(*certificate)
    server = await asyncio.start_server(FakeGateway().serve, host, 0, backlog=512, ssl=secure)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
