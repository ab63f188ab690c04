"""Browsers as people read of them."""

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
    assert user_agents.name(agent) == name
