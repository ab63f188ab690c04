"""The load driver, a process of its own beside each site: `python -m tests.bench.driver ours|floor <address>`.

It takes one order a line on its input and answers each by one line, so that the meters can be read between orders.
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
HOST = "mfa.example.org"


class Driver:
    """Drives a batch of browsers through one request after another."""

    def __init__(self, site: ModuleType, address: str) -> None:
        self.site = site
        self.address = address
        self.people: list[Person] = []
        self.browsers: list[Browser] = []

    def batch(self, method: str, n: int) -> int:
        """Make people and give each a browser in a network of their own."""
        self.people = self.site.make(method, n)
        self.browsers = [self.browser() for _ in self.people]
        return len(self.people)

    def names(self) -> list[tuple[str, str]]:
        """Give the names and numbers of the batch."""
        return [(person.name, person.number) for person in self.people]

    def browser(self) -> Browser:
        """Give a new browser in a network of its own."""
        network = ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])
        return Browser(self.address, network, HOST)

    def sign_in(self, width: int = 1, done: Callable[[], None] = lambda: None) -> dict[str, list[float]]:
        """Sign everybody in by the four requests of a browser; gives how long each request took, by its name.

        A code is read when the carrier has answered, or the app shows it. Units: milliseconds.
        """

        def one(browser: Browser, place: int) -> dict[str, float]:
            person = self.people[place]
            took = {"open": browser.get(self.site.PASSWORD_PAGE).expect(200)}
            answer = browser.post(self.site.PASSWORD_PAGE, username=person.name, password=PASSWORD)
            took["password"] = answer.expect(302, self.site.CODE_PAGE)
            took["page"] = browser.get(self.site.CODE_PAGE).expect(200)
            typed = self.site.codes([person])[0]
            took["code"] = browser.post(self.site.CODE_PAGE, code=typed).expect(302)
            browser.close()
            done()
            return took

        found = self._each(width, one)
        return {name: [each[name] for each in found] for name in ("open", "password", "page", "code")}

    def _each(self, width: int, act: Callable[[Browser, int], Any]) -> list[Any]:
        if width == 1:
            return [act(browser, place) for place, browser in enumerate(self.browsers)]
        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(act, self.browsers, range(len(self.browsers))))

    def pace(self, width: int) -> dict[str, float]:
        """Sign everybody in, so many at a time; gives how many a second did, the slow ends left out.

        `cpu` is what this driver used of one core, because a driver that is busy itself measures only itself.
        """
        ended: list[float] = []
        begun, used = time.perf_counter(), time.process_time()
        self.sign_in(width, done=lambda: ended.append(time.perf_counter()))
        cpu = (time.process_time() - used) / (time.perf_counter() - begun)
        ended.sort()
        first, last = len(ended) // 5, len(ended) * 9 // 10
        return {"rate": (last - first) / (ended[last] - ended[first]), "cpu": cpu}

    def load(self, path: str, n: int) -> None:
        """Load one page so many times."""
        browser = self.browser()
        for _ in range(n):
            browser.get(path).expect(200)
        browser.close()

    def pages(self, paths: list[str], width: int = 1, who: str = "") -> list[float]:
        """Load pages, several at a time, each browser signed in as `who`; gives how long each took. Units: ms."""
        browsers = [self._signed_in(who) if who else self.browser() for _ in range(width)]

        def share(place: int) -> list[float]:
            return [browsers[place].get(path).expect(200) for path in paths[place::width]]

        with ThreadPoolExecutor(width) as pool:
            found = [took for each in pool.map(share, range(width)) for took in each]
        for browser in browsers:
            browser.close()
        return found

    def _signed_in(self, who: str) -> Browser:
        """Sign in a member of staff or a reader, once for each browser."""
        person: Person = self.site.member(who)
        browser = self.browser()
        browser.get(self.site.PASSWORD_PAGE).expect(200)
        browser.post(self.site.PASSWORD_PAGE, username=person.name, password=PASSWORD).expect(302)
        browser.post(self.site.CODE_PAGE, code=self.site.codes([person])[0]).expect(302)
        return browser

    def carry(self, what: str, **more: Any) -> Any:
        """Pass an order on to the site's module: how the carrier behaves, what is put out."""
        return getattr(self.site, what)(**more)

    def age(self, what: str, **more: Any) -> Any:
        """Fill the service's database with months of sign-ins, and take them away again."""
        return importlib.import_module("tests.bench.ageing.filling").order(what, **more)


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
