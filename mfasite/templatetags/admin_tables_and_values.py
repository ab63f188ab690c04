"""Template tags of the pages of Django's admin: values in words, columns, links between the pages of a list."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from django import template
from django.contrib.admin.helpers import AdminReadonlyField
from django.contrib.admin.utils import lookup_field
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts import admin_site
from accounts.admin_site import Ruled
from verification import time_format

register = template.Library()


@register.simple_tag
def instant(at: datetime) -> SafeString:
    """Write date and time for a table of a staff page, with the time zone."""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), time_format.short_moment(at))


@register.simple_tag
def shown(field: AdminReadonlyField) -> object:
    """Write the value of a field that can't be changed. Booleans become words, not pictures."""
    keeper = cast("Ruled", field.model_admin)
    try:
        found, _attribute, value = lookup_field(field.field["field"], field.form.instance, keeper)
    except (AttributeError, ValueError, ObjectDoesNotExist):
        return field.contents()
    written = admin_site.in_words(keeper, found, value)
    return field.contents() if written is None else written


@register.simple_tag
def labelled(cells: Iterable[str], headers: Iterable[Mapping[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row. On a phone each shows its column's heading before it, except the row's own heading.

    There, a cell without a value is left out.
    """
    for cell, header in zip(cells, headers, strict=True):
        if cell.startswith("<td ") and "action-checkbox" not in cell:
            is_empty = cell.endswith(f">{admin_site.EMPTY}</td>")
            label = format_html(
                '<td{} data-label="{}"', SafeString(" data-empty") if is_empty else "", capfirst(header["text"])
            )
            yield SafeString(cell.replace("<td", label, 1))  # Django wrote the cell
        else:
            yield SafeString(cell)


@register.simple_tag
def sorted_as(header: Mapping[str, Any]) -> SafeString | str:
    """Return the attribute that says how a list is sorted by a column, if it is."""
    if not header.get("sorted"):
        return ""
    return format_html('aria-sort="{}"', "ascending" if header["ascending"] else "descending")


@register.simple_tag
def chosen(choices: Iterable[Mapping[str, Any]]) -> str:
    """Return the choice of a filter that is in effect."""
    return next((capfirst(str(each["display"])) for each in choices if each["selected"]), "")


@register.simple_tag
def page_of(cl: ChangeList, step: int) -> str:
    """Return the query of the page that many pages on."""
    return cl.get_query_string({PAGE_VAR: cl.page_num + step})
