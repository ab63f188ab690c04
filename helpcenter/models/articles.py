"""Articles and their earlier versions. Shipped articles come from files; the organisation edits the rows."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification import time_format


class Audience(models.TextChoices):
    """Who may read an article."""

    EVERYONE = "everyone", _("Everyone")
    SUPPORT = "support", _("Support staff")
    OPERATORS = "operators", _("Operators")


class Article(models.Model):
    """One article, in Markdown.

    Shape: `shipped` is the digest of the text as shipped. If the row's own digest differs, the article was edited.
    """

    slug = models.SlugField(
        _("address"), max_length=64, help_text=_("The last part of its web address, such as lost-phone.")
    )
    language = models.CharField(
        _("language"), max_length=16, default="en", help_text=_("Its two-letter code, such as en or de.")
    )
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=250, help_text=_("One sentence, shown in lists and search results.")
    )
    body = models.TextField(
        _("text"),
        help_text=_("Markdown. {organisation}, {support}, {days} and {tries} are replaced by your own values."),
    )
    topic = models.CharField(_("topic"), max_length=40, help_text=_("Articles of one topic are listed together."))
    order = models.PositiveSmallIntegerField(
        _("order"), default=100, help_text=_("The article with the lowest number is listed first in its topic.")
    )
    audience = models.CharField(_("readers"), max_length=10, choices=Audience.choices, default=Audience.EVERYONE)
    words = models.TextField(
        _("search words"), blank=True, help_text=_("Other words that people search for, one phrase per line.")
    )
    related = models.CharField(
        _("related articles"),
        max_length=300,
        blank=True,
        help_text=_("Their addresses, separated by spaces, such as lost-phone new-phone."),
    )
    publish_at = models.DateTimeField(_("shown from"), default=timezone.now)
    withdraw_at = models.DateTimeField(
        _("shown until"), null=True, blank=True, help_text=_("Leave this empty if it has no end.")
    )
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = (models.UniqueConstraint(fields=["slug", "language"], name="one_article_a_language"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/help/{self.slug}/"


class Version(models.Model):
    """The text of an article before a change."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions", verbose_name=_("article"))
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("summary"), max_length=250)
    body = models.TextField(_("text"))
    replaced_at = models.DateTimeField(_("replaced"), default=timezone.now)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("replaced by"),
    )

    class Meta:
        verbose_name = _("earlier version")
        verbose_name_plural = _("earlier versions")

    def __str__(self) -> str:
        return f"{self.title}, until {time_format.short_moment(self.replaced_at)}"
