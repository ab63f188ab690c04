"""Help in place: leads from what happened to the article about exactly that."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from helpcenter import bundled

register = template.Library()


@register.simple_tag
def help_for(kind: str, outcome: object) -> SafeString | str:
    """Link the article of an outcome; nothing where there is none.

    Shape: `kind` verdict, why or delivery; `outcome` a Verdict, a Why, a Reason or a state of a message.
    """
    return help_at(f"{kind}:{outcome}")


@register.simple_tag
def help_at(key: str | None) -> SafeString | str:
    """Link the article of an outcome that is named with its kind, such as `verdict:wrong`."""
    found = bundled.by_outcome().get(key or "")
    if found is None:
        return ""
    return format_html('<a class="help-link" href="/help/{}/">{}</a>', found.slug, found.title)
