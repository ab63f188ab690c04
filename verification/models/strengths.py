"""Strengths that an organisation defines itself."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

MAX_SLUG_LENGTH = 50  # characters


class Strength(models.Model):
    """A named set of methods, beside the built-in ones. Applications and policies refer to it by its slug.

    Shape: `methods` as names, empty for all; `needs` as properties that a method must have.
    """

    slug = models.SlugField(
        _("short name"),
        max_length=MAX_SLUG_LENGTH,
        unique=True,
        help_text=_("For the audit log and for applications, such as hardware-only."),
        validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Use lower-case letters, digits and hyphens."))],
    )
    name = models.CharField(_("name"), max_length=60)
    explanation = models.CharField(
        _("explanation"),
        max_length=200,
        blank=True,
        help_text=_("Staff see it where they choose a strength for an application."),
    )
    methods = models.JSONField(_("methods"), default=list, blank=True)
    needs = models.JSONField(_("properties"), default=list, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(slug__in=["password", "second-step", "no-phone", "phishing-resistant"]),
                name="strength_is_not_built_in",
            ),
        )

    def __str__(self) -> str:
        return self.name
