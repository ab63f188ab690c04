"""A carrier that only answers, a process of its own: `python -m tests.bench.carrier`. It costs what it is asked little.

It takes texts as the provider `gateway` sends them, after a latency that it is told, and keeps what it got in memory.
"""

import asyncio
import json
import time
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit

_SEND, _LATENCY, _TEXTS = "/send", "/latency", "/texts"


class Carrier:
    """What came in, and how slowly it is answered. Units: `latency` seconds."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.texts: list[dict[str, Any]] = []
        self._numbers = count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one line until it is cut."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                sizes = [line.split(":")[1] for line in lines if line.lower().startswith("content-length")]
                body = await reader.readexactly(int(sizes[0]) if sizes else 0)
                told = json.dumps(await self._answer(first.split()[1], json.loads(body or b"{}"))).encode()
                status = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(told)}"
                writer.write(f"{status}\r\n\r\n".encode() + told)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, told: dict[str, Any]) -> Any:
        if path == _SEND:
            self.texts.append(told | {"at": time.time()})
            if self.latency:
                await asyncio.sleep(self.latency)
            return {"id": f"B{next(self._numbers):09d}"}
        if path == _LATENCY:
            self.latency = told["seconds"]
            return {}
        return self.texts[told["since"] :]


class Line:
    """A driver's line to the carrier."""

    def __init__(self, url: str) -> None:
        self._wire = HTTPConnection(urlsplit(url).netloc)

    def delay(self, seconds: float) -> None:
        """Tell how long a hand-over takes from now on."""
        self._ask(_LATENCY, seconds=seconds)

    def texts(self, since: int = 0) -> list[dict[str, Any]]:
        """Give what came in, the first ones left out. Shape: `id`, `to`, `text`, `callback`, `at` in epoch seconds."""
        found: list[dict[str, Any]] = self._ask(_TEXTS, since=since)
        return found

    def _ask(self, path: str, **fields: Any) -> Any:
        self._wire.request("POST", path, json.dumps(fields))
        return json.loads(self._wire.getresponse().read())


async def _main() -> None:
    server = await asyncio.start_server(Carrier().serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the answer's line
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
