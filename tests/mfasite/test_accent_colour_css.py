"""The organisation's colours: readable whatever colour somebody chooses."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from mfasite import accent_colour_css

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
SCHEMES = [(accent_colour_css.LIGHT, False), (accent_colour_css.DARK, True)]
schemes = pytest.mark.parametrize(("surfaces", "dark"), SCHEMES)


@schemes
@given(accent=colours)
def test_keeps_text_readable_on_any_accent(surfaces: tuple[str, ...], dark: bool, accent: str) -> None:
    palette = accent_colour_css.palette(accent, surfaces=surfaces, dark=dark)

    assert accent_colour_css.contrast(palette.on_accent, palette.accent) >= 4.5
    assert accent_colour_css.contrast(palette.on_accent, palette.accent_hover) >= 4.5


@schemes
@given(accent=colours)
def test_keeps_any_accent_readable_on_its_surfaces(surfaces: tuple[str, ...], dark: bool, accent: str) -> None:
    palette = accent_colour_css.palette(accent, surfaces=surfaces, dark=dark)

    assert all(accent_colour_css.contrast(palette.accent_ink, s) >= 4.5 for s in (*surfaces, palette.accent_soft))
    assert all(accent_colour_css.contrast(palette.accent_edge, s) >= 3 for s in surfaces)


def test_leaves_a_readable_accent_as_it_is() -> None:
    palette = accent_colour_css.palette("#1d4f91", surfaces=accent_colour_css.LIGHT, dark=False)

    assert palette.accent == palette.accent_ink == palette.accent_edge == "#1d4f91"


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#1D4F91", "#1d4f91"),
        ("07c", "#0077cc"),
        ("", ""),
        ("red;}body{display:none", ""),
    ],
)
def test_reads_a_colour_and_nothing_else(text: str, colour: str) -> None:
    assert accent_colour_css.read(text) == colour


def test_knows_the_surfaces_of_the_stylesheet() -> None:
    css = (Path(accent_colour_css.__file__).parent / "static/mfasite/app.css").read_text()

    assert tuple(re.findall(r"--(?:page|surface): (#\w+);", css))[:4] == ("#f3f4f6", "#fff", *accent_colour_css.DARK)


def test_default_colours_are_those_of_the_default_accent() -> None:
    css = (Path(accent_colour_css.__file__).parent / "static/mfasite/app.css").read_text()
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    in_light, in_dark = (dict(re.findall(r"--((?:on-)?accent(?:-\w+)?): (#\w{6});", part)) for part in (light, dark))

    for found, (surfaces, is_dark) in zip((in_light, in_dark), SCHEMES, strict=True):
        computed = accent_colour_css.palette(in_light["accent"], surfaces=surfaces, dark=is_dark)
        assert {name.replace("_", "-"): value for name, value in vars(computed).items()} == found


def test_serves_nothing_without_a_colour(client: Client) -> None:
    assert client.get(reverse("theme")).content == b""


def test_serves_the_colours_to_strangers_and_lets_caches_keep_them(client: Client, settings: Settings) -> None:
    settings.ACCENT_COLOUR = "#7a1fa2"

    response = client.get(reverse("theme"))

    assert response["Content-Type"].startswith("text/css")
    assert response["Cache-Control"] == "public, max-age=300"
    assert "--accent:#7a1fa2;" in response.content.decode()


def test_answers_not_modified_to_a_browser_that_has_the_colours(client: Client) -> None:
    etag = client.get(reverse("theme"))["ETag"]

    response = client.get(reverse("theme"), headers={"If-None-Match": etag})

    assert response.status_code == 304
