"""Measures pages of the support desk and the help centre through the web server, alone and by eight at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from tests.bench.meter import Usage
from tests.bench.site import MeasuredSite, MeasuredSites

_N = 48  # pages of each kind
_WIDTH = 8
_PEOPLE = "/admin/accounts/user/"

Sample = Mapping[str, str]


@dataclass(frozen=True)
class PageTimes:
    """One kind of page. Units: milliseconds; `usage` a page."""

    name: str
    alone: list[float]
    crowded: list[float]
    usage: Usage


DESK: dict[str, Callable[[Sample], str]] = {
    "first page": lambda _: _PEOPLE,
    "a page in the middle": lambda who: f"{_PEOPLE}?after={who['username']}",
    "exact username": lambda who: f"{_PEOPLE}?q={who['username']}",
    "beginning of a name": lambda who: f"{_PEOPLE}?q={who['username'][:6]}",
    "part of a name": lambda who: f"{_PEOPLE}?q={who['username'][2:7]}",
    "two words": lambda who: f"{_PEOPLE}?q={quote_plus(who['name'])}",
    "email": lambda who: f"{_PEOPLE}?q={who['email']}",
    "phone number": lambda who: f"{_PEOPLE}?q={quote_plus(who['number'])}",
    "nobody": lambda who: f"{_PEOPLE}?q=zzz{who['pk']}qq",
    "no method": lambda who: f"{_PEOPLE}?trouble=no_method&after={who['username']}",
    "locked": lambda _: f"{_PEOPLE}?trouble=locked",
    "blocked": lambda _: f"{_PEOPLE}?trouble=blocked",
    "a case": lambda who: f"{_PEOPLE}{who['pk']}/change/",
    "deliveries": lambda _: f"{_PEOPLE}deliveries/",
}
SEARCHES = ("exact username", "beginning of a name", "part of a name", "two words", "email", "phone number", "nobody")
_WORDS = ("no text", "lost phone", "recovery", "app pasword", "abroad")
_HELP: dict[str, Callable[[int], str]] = {
    "help home": lambda _: "/help/",
    "an article": lambda _: "/help/no-text/",
    "a search": lambda n: f"/help/?q={quote_plus(_WORDS[n % len(_WORDS)])}",
}


def desk(up: MeasuredSites, *, say: Callable[[str], None]) -> list[PageTimes]:
    """Open each kind of page as a member of staff, each time for another person."""
    samples: Any = up.ours.hand.order("carry", what="samples", n=_N)
    found = []
    for name, address in DESK.items():
        say(f"desk: {name}")
        found.append(measured(up.ours, name, [address(one) for one in samples], who="staff"))
    return found


def help_centre(up: MeasuredSites, *, say: Callable[[str], None]) -> list[PageTimes]:
    """Open each kind of page as a stranger and as a reader who is signed in."""
    found = []
    for who in ("", "reader"):
        for name, address in _HELP.items():
            title = f"{name}, signed in" if who else name
            say(f"help: {title}")
            found.append(measured(up.ours, title, [address(n) for n in range(_N)], who=who))
    return found


def measured(site: MeasuredSite, name: str, paths: list[str], *, who: str) -> PageTimes:
    """Open pages one after another, then by eight at a time, as a reader or a member of staff."""
    site.hand.order("pages", paths=paths[:2], who=who)  # warms up
    before = site.meter.read()
    alone: Any = site.hand.order("pages", paths=paths, who=who)
    usage = site.meter.read() - before
    crowded: Any = site.hand.order("pages", paths=paths * 2, width=_WIDTH, who=who)
    return PageTimes(name, alone, crowded, usage / len(paths))
