"""The template tag `options`: the options of a select, written without a loop in the template."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_SELECTED = SafeString(" selected")


@register.simple_tag
def options(choices: Iterable[tuple[object, object]], chosen: object = None) -> SafeString:
    """Write the options of a select, of which one may be chosen. Shape: `choices` are pairs of value and label."""
    rows = ((value, _SELECTED if value == chosen else "", label) for value, label in choices)
    return format_html_join("\n", '<option value="{}"{}>{}</option>', rows)
