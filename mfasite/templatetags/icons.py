"""The template tags `icon` and `version`. Pages use them often, so they must be fast."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

import mfasite

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Return an icon for use beside text that says the same.

    Shape: a symbol of icons.svg, such as text, call, app, recovery, key, info, good, warn, bad, shield, back, help.
    """
    return _drawn(_sprite(), name, css)


@register.simple_tag
def version() -> str:
    """Return the running version, for staff."""
    return mfasite.__version__


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("mfasite/icons.svg")


@lru_cache(maxsize=256)
def _drawn(sprite: str, name: str, css: str) -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        sprite,
        name,
    )
