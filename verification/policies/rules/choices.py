"""Choices that several rules of policies share."""

from django.utils.translation import gettext_lazy as _

from verification import strengths
from verification.lazy_text import LazyText

ALLOW = ((True, _("Allow")), (False, _("Don’t allow")))
REQUIRE = ((True, _("Require")), (False, _("Don’t require")))


def strength_choices() -> list[tuple[str, LazyText]]:
    """Return the strengths that a second step can have."""
    return [(each.slug, each.label) for each in strengths.everything() if each.is_second_step]


def strength_words(slug: str) -> str:
    """Write the label of a strength."""
    return str(strengths.named(slug).label)
