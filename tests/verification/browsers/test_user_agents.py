"""Tests of the names of browsers that people read, made from the User-Agent header."""

import pytest

from verification.browsers import user_agents

_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
IPAD = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI}"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (IPAD, "Safari on Mac or iPad"),
        (f"{IPAD} Edg/130.0", "Edge on Mac"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Mac"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPad"),
        ("curl/8", "Unknown browser"),
    ],
)
def test_names_what_is_certain(agent: str, name: str) -> None:
    """Also from the short form, which is what we store."""
    assert user_agents.name(agent) == name
    assert user_agents.name(user_agents.short(agent)) == name


_CHROME = "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        (f"Mozilla/5.0 {_CHROME}", "(Windows NT 10.0; Win64; x64) Chrome/140.0.0.0"),
        (f"Mozilla/5.0 {_CHROME} Edg/140.0.0.0", "(Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Edg/140.0.0.0"),
        (IPAD, "(Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "(X11; Linux x86_64; rv:140.0) Firefox/140.0",
        ),
        ("python-requests/2.32", "python-requests/2.32"),
    ],
)
def test_leaves_out_what_all_browsers_say(agent: str, short: str) -> None:
    assert user_agents.short(agent) == short
