"""Articles and their earlier versions. Shipped articles come from files; the organisation edits the rows."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification import time_format


class Audience(models.TextChoices):
    """Who may read an article."""

    EVERYONE = "everyone", _("everyone")
    SUPPORT = "support", _("support staff")
    OPERATORS = "operators", _("operators")


class Article(models.Model):
    """One article, in Markdown.

    Shape: `shipped` is the digest of the text as shipped. If the row's own digest differs, the article was edited.
    """

    slug = models.SlugField(max_length=64)
    language = models.CharField(max_length=16, default="en")
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=250)
    body = models.TextField(help_text="Markdown. {organisation}, {support}, {days}, {tries} are filled in.")
    topic = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(default=100)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.EVERYONE)
    words = models.TextField(blank=True, help_text="Further words by which people look for it, one phrase a line.")
    related = models.CharField(max_length=300, blank=True, help_text="Slugs of related articles, separated by spaces.")
    publish_at = models.DateTimeField(default=timezone.now)
    withdraw_at = models.DateTimeField(null=True, blank=True)
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["slug", "language"], name="one_article_a_language"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/help/{self.slug}/"


class Version(models.Model):
    """The text of an article before a change."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=250)
    body = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.title}, until {time_format.short_moment(self.replaced_at, zone=True)}"
