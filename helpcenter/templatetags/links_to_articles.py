"""Template tags that link an outcome to the help article about it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from helpcenter import article_files

register = template.Library()


@register.simple_tag
def help_for(kind: str, outcome: object) -> SafeString | str:
    """Return a link to the article about an outcome, or an empty string.

    Shape: `kind` verdict, why, delivery or method; `outcome` a Verdict, a Why, a Reason, a message's state or a name.
    """
    return help_at(f"{kind}:{outcome}")


@register.simple_tag
def help_at(key: str | None) -> SafeString | str:
    """Return a link to the article about an outcome and its kind, such as `verdict:wrong`. It contains the key."""
    found = article_files.by_outcome().get(key or "")
    if found is None:
        return ""
    label = _("Help: %(title)s") % {"title": found.title}
    link = '<a class="help-link" href="/help/{}/" data-outcome="{}">{}</a>'
    return format_html(link, found.slug, key, label)
