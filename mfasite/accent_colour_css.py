"""The organisation's accent colour as a stylesheet, for light and dark mode, with enough contrast for WCAG."""

import colorsys
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from mfasite import conf

# The surfaces of app.css that the accent is used on: page and card.
LIGHT = ("#f3f4f6", "#ffffff")
DARK = ("#0e1013", "#16191d")

# WCAG 2.2: 1.4.3 text 4.5:1, 1.4.11 edges of controls and focus 3:1. A bit more, for soft backgrounds and rounding.
MIN_TEXT_CONTRAST = 5.0
MIN_EDGE_CONTRAST = 3.2

_STEP = 0.01  # of lightness


@dataclass(frozen=True)
class Palette:
    """The accent's colours for light or dark mode. Shape: #rrggbb."""

    accent: str
    accent_hover: str
    on_accent: str
    accent_ink: str
    accent_edge: str
    accent_soft: str

    def declarations(self) -> str:
        """Return the colours as CSS custom properties."""
        return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in vars(self).items())


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, c))):02x}" for c in channels)


def read(text: str) -> str:
    """Read a colour; empty if it is none. Shape: #rrggbb, #rgb, or either without the #."""
    digits = text.strip().removeprefix("#").lower()
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    return f"#{digits}" if re.fullmatch(r"[0-9a-f]{6}", digits) else ""


def luminance(colour: str) -> float:
    """Return the relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _shift(colour: str, by: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + by)), saturation))


def _until(colour: str, *, against: tuple[str, ...], ratio: float, step: float) -> str:
    """Make a colour darker or lighter, depending on `step`, until it has the contrast against every surface."""
    shifted, lightness = colour, 0.0
    while any(contrast(shifted, surface) < ratio for surface in against) and abs(lightness) < 1:
        lightness += step
        shifted = _shift(colour, lightness)
    return shifted


def _mix(colour: str, surface: str, share: float) -> str:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(_channels(colour), _channels(surface), strict=True))
    return _hex((red, green, blue))


def palette(accent: str, *, surfaces: tuple[str, ...], dark: bool) -> Palette:
    """Derive the colours of light or dark mode from the organisation's accent."""
    away = _STEP if dark else -_STEP
    edge = _until(accent, against=surfaces, ratio=MIN_EDGE_CONTRAST, step=away)
    fill = edge if dark else accent
    on_fill = "#ffffff" if contrast(fill, "#ffffff") >= 4.5 else "#000000"
    soft = _mix(edge, surfaces[-1], 0.13 if dark else 0.07)
    return Palette(
        accent=fill,
        accent_hover=_shift(fill, 0.06 if on_fill == "#000000" else -0.06),
        on_accent=on_fill,
        accent_ink=_until(edge, against=(*surfaces, soft), ratio=MIN_TEXT_CONTRAST, step=away),
        accent_edge=edge,
        accent_soft=soft,
    )


@lru_cache(maxsize=8)
def sheet(accent: str) -> str:
    """Return the stylesheet for an accent colour. Without one it is empty, and the default in app.css counts."""
    if not accent:
        return ""
    light, dark = palette(accent, surfaces=LIGHT, dark=False), palette(accent, surfaces=DARK, dark=True)
    return f":root{{{light.declarations()}}}\n@media (prefers-color-scheme:dark){{:root{{{dark.declarations()}}}}}\n"


def _current() -> str:
    return sheet(read(conf.accent_colour()))


def _etag(request: HttpRequest) -> str:
    return f'"{sha256(_current().encode()).hexdigest()[:16]}"'


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_etag)
def stylesheet(request: HttpRequest) -> HttpResponse:
    """Serve the accent's colours. They are the same for everyone, so caches may keep them."""
    return HttpResponse(_current(), content_type="text/css; charset=utf-8")
