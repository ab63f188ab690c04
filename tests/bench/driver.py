"""The load driver, a process of its own beside each site: `python -m tests.bench.driver ours|floor <address>`.

It reads one command per line and answers each with one line, so that counters can be read between commands.
"""

import importlib
import json
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import django

from tests.bench.browser import TimedBrowser
from tests.bench.people import PASSWORD, BenchUser

_SITES = {"ours": "tests.bench.service_people", "floor": "tests.bench.floor.people"}
HOST = "mfa.example.org"
_MAX_WAITING = 16  # people who wait for their texts together: a connection is kept for longer than that takes


class Driver:
    """Drives a batch of browsers through one request after another."""

    def __init__(self, site: ModuleType, address: str) -> None:
        self.site = site
        self.address = address
        self.people: list[BenchUser] = []
        self.browsers: list[TimedBrowser] = []

    def batch(self, method: str, n: int) -> int:
        """Make people and give each a browser in a network of their own."""
        self.people = self.site.make(method, n)
        self.browsers = [self.browser() for _ in self.people]
        return len(self.people)

    def again(self) -> None:
        """Give everybody of the batch a browser that nobody has used yet."""
        self.browsers = [self.browser() for _ in self.people]

    def names(self) -> list[tuple[str, str]]:
        """Give the names and numbers of the batch."""
        return [(person.name, person.number) for person in self.people]

    def browser(self) -> TimedBrowser:
        """Give a new browser in a network of its own."""
        network = ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])
        return TimedBrowser(self.address, network, HOST)

    def sign_in(self) -> dict[str, list[float]]:
        """Sign everybody in by the four requests of a browser; gives how long each request took, by its name.

        There is one request at a time. Of each few people, all type their password before the first types a code: so
        they wait for a slow carrier together, and the pauses between requests are as long as with a quick one.
        Units: milliseconds.
        """
        took: dict[str, list[float]] = {"open": [], "password": [], "page": [], "code": []}
        for first in range(0, len(self.people), _MAX_WAITING):
            few = list(zip(self.browsers, self.people, strict=True))[first : first + _MAX_WAITING]
            for browser, person in few:
                for name, value in self._begin(browser, person).items():
                    took[name].append(value)
            self.site.codes([person for _, person in few])  # waits for all that are texted
            for browser, person in few:
                took["code"].append(self._end(browser, person))
        return took

    def _begin(self, browser: TimedBrowser, person: BenchUser) -> dict[str, float]:
        took = {"open": browser.get(self.site.PASSWORD_PAGE).expect(200)}
        answer = browser.post(self.site.PASSWORD_PAGE, username=person.name, password=PASSWORD)
        took["password"] = answer.expect(302, self.site.CODE_PAGE)
        took["page"] = browser.get(self.site.CODE_PAGE).expect(200)
        return took

    def _end(self, browser: TimedBrowser, person: BenchUser) -> float:
        took = browser.post(self.site.CODE_PAGE, code=self.site.codes([person])[0]).expect(302)
        browser.close()
        return took

    def pace(self, width: int, seconds: float = 600) -> dict[str, float]:
        """Sign people in, so many at a time, until the batch or the time is used up; gives how many a second did.

        Shape: `n` counts the sign-ins. `rate` counts from when each browser has had a turn until the first finds no one
        left: before and after, fewer browsers are at work than `width`. `cpu` is what this driver used of one core,
        because a driver that is busy itself measures only itself. Errors: `ValueError` if that leaves nothing.
        """
        ended: list[float] = []
        begun, used = time.perf_counter(), time.process_time()

        def one(browser: TimedBrowser, person: BenchUser) -> None:
            if time.perf_counter() - begun < seconds:
                self._begin(browser, person)
                self._end(browser, person)
                ended.append(time.perf_counter())

        with ThreadPoolExecutor(width) as pool:
            list(pool.map(one, self.browsers, self.people))
        cpu = (time.process_time() - used) / (time.perf_counter() - begun)
        ended.sort()
        first, last = width, len(ended) - width
        if last <= first:
            raise ValueError(f"{len(ended)} sign-ins are too few to measure {width} at a time")
        return {"rate": (last - first) / (ended[last] - ended[first]), "cpu": cpu, "n": len(ended)}

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

    def _signed_in(self, who: str) -> TimedBrowser:
        """Sign in a member of staff or a reader, once for each browser."""
        person: BenchUser = self.site.member(who)
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
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        action = getattr(driver, order.pop("do"))
        print(json.dumps(action(**order)), flush=True)


if __name__ == "__main__":
    main()
