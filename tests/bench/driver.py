"""The load driver, a process of its own beside each site: `python -m tests.bench.driver ours|floor <address>`.

It takes one order a line on its input and answers each by one line, so that whoever orders can read the meters between.
"""

import importlib
import json
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import django

from tests.bench.browser import Browser
from tests.bench.people import PASSWORD, Person

_SITES = {"ours": "tests.bench.ours", "floor": "tests.bench.floor.people"}
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Driver:
    """Drives a batch of browsers through one request after another."""

    def __init__(self, site: ModuleType, address: str) -> None:
        self.site = site
        self.address = address
        self.people: list[Person] = []
        self.browsers: list[Browser] = []
        self.typed: list[str] = []

    def batch(self, method: str, n: int) -> int:
        """Make people and give each a browser in a network of their own."""
        self.people = self.site.make(method, n)
        self.browsers = [Browser(self.address, _network()) for _ in self.people]
        return len(self.people)

    def names(self) -> list[tuple[str, str]]:
        """Give the names and numbers of the batch."""
        return [(person.name, person.number) for person in self.people]

    def open(self, width: int = 1) -> list[float]:
        """Load the page of the password."""
        return self._each(width, lambda browser, _: browser.get(self.site.PASSWORD_PAGE).expect(200))

    def password(self, width: int = 1) -> list[float]:
        """Send names and passwords."""

        def send(browser: Browser, place: int) -> float:
            answer = browser.post(self.site.PASSWORD_PAGE, username=self.people[place].name, password=PASSWORD)
            return answer.expect(302, self.site.CODE_PAGE)

        return self._each(width, send)

    def page(self, width: int = 1) -> list[float]:
        """Load the page of the code, as browsers do after the redirect."""
        return self._each(width, lambda browser, _: browser.get(self.site.CODE_PAGE).expect(200))

    def wait(self) -> list[str]:
        """Read the codes, when all are there."""
        self.typed = self.site.codes(self.people)
        return []

    def code(self, width: int = 1) -> list[float]:
        """Send the codes."""
        if self.people[0].secret:
            self.wait()
        took = self._each(width, lambda browser, at: browser.post(self.site.CODE_PAGE, code=self.typed[at]).expect(302))
        for browser in self.browsers:
            browser.close()
        return took

    def whole(self, width: int) -> list[float]:
        """Sign in as fast as it goes, the page of the code included; gives the time of each sign-in.

        A text is read as soon as the carrier has it, however late its answer is.
        """

        def sign_in(browser: Browser, place: int) -> float:
            begun = time.perf_counter()
            browser.get(self.site.PASSWORD_PAGE).expect(200)
            person = self.people[place]
            browser.post(self.site.PASSWORD_PAGE, username=person.name, password=PASSWORD).expect(302)
            browser.get(self.site.CODE_PAGE).expect(200)
            browser.post(self.site.CODE_PAGE, code=self.site.codes([person])[0]).expect(302)
            browser.close()
            return (time.perf_counter() - begun) * 1000

        return self._each(width, sign_in)

    def _each(self, width: int, act: Callable[[Browser, int], float]) -> list[float]:
        if width == 1:
            return [act(browser, place) for place, browser in enumerate(self.browsers)]
        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(act, self.browsers, range(len(self.browsers))))

    def load(self, path: str, n: int) -> None:
        """Load one page so many times."""
        browser = Browser(self.address, _network())
        for _ in range(n):
            browser.get(path).expect(200)
        browser.close()

    def statements(self, method: str) -> list[tuple[str, int, int]]:
        """Count the statements of each request through the same views: its name, statements, control statements."""
        from django.db import connection  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        people = self.site.make(method, 1)
        client = Client(headers={"host": "127.0.0.1", "x-forwarded-for": _network()})
        counts = []

        def note(name: str, action: Callable[[], Any]) -> None:
            with CaptureQueriesContext(connection) as captured:
                status = action().status_code
            assert status in {200, 302}, f"{name}: {status}"
            control = sum(query["sql"].startswith(_CONTROL) for query in captured.captured_queries)
            counts.append((name, len(captured) - control, control))

        fields = {"username": people[0].name, "password": PASSWORD}
        note("open", lambda: client.get(self.site.PASSWORD_PAGE))
        note("password", lambda: client.post(self.site.PASSWORD_PAGE, fields))
        note("page", lambda: client.get(self.site.CODE_PAGE))
        typed = self.site.codes(people)[0]
        note("code", lambda: client.post(self.site.CODE_PAGE, {"code": typed}))
        return counts

    def carry(self, what: str, **more: Any) -> Any:
        """Pass an order on to the site's module: how the carrier behaves, what is put out."""
        return getattr(self.site, what)(**more)


def _network() -> str:
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def main() -> None:
    """Obey until the input ends."""
    name, address = sys.argv[1:]
    django.setup()
    driver = Driver(importlib.import_module(_SITES[name]), address)
    print("ready", flush=True)  # noqa: T201 - the answer's line
    for line in sys.stdin:
        order = json.loads(line)
        action = getattr(driver, order.pop("do"))
        print(json.dumps(action(**order)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
