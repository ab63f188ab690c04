"""The cookie that tells a person's browsers from strangers' opens nothing and names nobody."""

import pytest

from verification.browsers import device_cookies_of_known_browsers


def test_knows_the_browser_of_everybody_who_signed_in_there() -> None:
    cookie = device_cookies_of_known_browsers.remember(device_cookies_of_known_browsers.remember("", "ana"), "ben")

    assert (
        device_cookies_of_known_browsers.known(cookie, "ana")
        == device_cookies_of_known_browsers.known(cookie, "ben")
        != ""
    )
    assert device_cookies_of_known_browsers.known(cookie, "eve") == ""


def test_keeps_the_five_who_signed_in_last() -> None:
    cookie = ""
    for name in ["ana", "ben", "cleo", "dev", "fay", "gil", "ben"]:
        cookie = device_cookies_of_known_browsers.remember(cookie, name)

    known = [
        name
        for name in ["ana", "ben", "cleo", "dev", "fay", "gil"]
        if device_cookies_of_known_browsers.known(cookie, name)
    ]
    assert known == ["ben", "cleo", "dev", "fay", "gil"]


def test_number_of_one_browser_is_of_no_use_with_the_mark_of_another() -> None:
    (number, _), (_, mark) = (device_cookies_of_known_browsers.remember("", "ana").split(".") for _ in range(2))

    assert device_cookies_of_known_browsers.known(f"{number}.{mark}", "ana") == ""


def test_mark_of_a_longer_name_is_of_no_use_for_its_end() -> None:
    """Seen failing: number and name were joined by a space, so someone called “ana keller” had as many known browsers
    of “keller” as they liked, each with guesses of its own.
    """
    cookie = device_cookies_of_known_browsers.remember("5", "ana keller")
    number, mark = cookie.split(".")

    assert device_cookies_of_known_browsers.known(f"{number} ana.{mark}", "keller") == ""


_NUMBER = "0" * 32


@pytest.mark.parametrize(
    "cookie",
    ["", ".", "....", "x", "é.é", f"{_NUMBER}.é", "\ud800.x", "\x00.\x00", "a." * 500, f".{_NUMBER}", f"{_NUMBER}\n.x"],
)
def test_odd_cookies_are_strangers(cookie: str) -> None:
    assert device_cookies_of_known_browsers.known(cookie, "ana") == ""
    assert device_cookies_of_known_browsers.known(device_cookies_of_known_browsers.remember(cookie, "ana"), "ana") != ""


def test_cookie_names_nobody() -> None:
    assert "ana" not in device_cookies_of_known_browsers.remember("", "ana")
