"""How long a Temporary Access Pass can be valid: the lifetimes that staff choose from, and the default. In minutes."""

from django.utils.translation import gettext_lazy as _

LIFETIMES = (
    (10, _("10 minutes")),
    (60, _("1 hour")),
    (480, _("8 hours")),
    (1_440, _("1 day")),
    (10_080, _("7 days")),
    (43_200, _("30 days")),
)
DEFAULT = 60
