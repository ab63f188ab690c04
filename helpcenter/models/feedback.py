"""Feedback for the editors: whether an article helped, and searches that found nothing."""

from django.db import models
from django.utils import timezone

from helpcenter.models.articles import Article


class Feedback(models.Model):
    """Anonymous feedback on an article."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="feedback")
    has_helped = models.BooleanField()
    text = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return f"{'helped' if self.has_helped else 'did not help'}: {self.article}"


class Miss(models.Model):
    """A search that found nothing, and how often it was made."""

    text = models.CharField(max_length=100, unique=True)
    n_times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "misses"

    def __str__(self) -> str:
        return self.text
