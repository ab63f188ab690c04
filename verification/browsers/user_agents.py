"""Names of browsers from their User-Agent, for people to recognise. Nothing relies on them."""

import re

from django.utils.translation import gettext as _

# The first mark that is found names it: Edge also says Chrome, and Chrome also says Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

# What all browsers of a kind say, and what therefore says nothing. It was two thirds of each name that we stored.
_ALWAYS = re.compile(
    r"Mozilla/5\.0 |AppleWebKit/[0-9.]+ \(KHTML, like Gecko\) |Gecko/20100101 | Mobile/15E148| Safari/537\.36"
)


def short(agent: str) -> str:
    """Return a User-Agent without what all browsers say. `name` reads both."""
    return _ALWAYS.sub("", agent)


def name(agent: str) -> str:
    """Say which browser on which system: "Firefox on Windows"."""
    browser = next((title for mark, title in _BROWSERS if mark in agent), "")
    system = next((title for mark, title in _SYSTEMS if mark in agent), "")
    if system == "Mac" and browser == "Safari":
        system = _("Mac or iPad")  # an iPad that asks for desktop pages says the same of itself
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
