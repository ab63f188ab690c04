"""Feedback for the editors: whether an article helped, and searches that found nothing."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpcenter.models.articles import Article


class Feedback(models.Model):
    """Anonymous feedback on an article."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="feedback", verbose_name=_("article"))
    has_helped = models.BooleanField(_("helped"))
    text = models.CharField(_("comment"), max_length=500, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{'helped' if self.has_helped else 'did not help'}: {self.article}"


class Miss(models.Model):
    """A search that found nothing, and how often it was made."""

    text = models.CharField(_("searched for"), max_length=100, unique=True)
    n_times = models.PositiveIntegerField(_("times"), default=1)
    last_at = models.DateTimeField(_("last time"), default=timezone.now)

    class Meta:
        verbose_name = _("failed search")
        verbose_name_plural = _("failed searches")

    def __str__(self) -> str:
        return self.text
