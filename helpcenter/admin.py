"""Where editors work: articles with their versions, what readers said, what they looked for in vain, contacts."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.desk import ROOMS, Room
from helpcenter import articles
from helpcenter.models import Article, Contact, Feedback, Miss, Version

ROOMS.append(Room("articles", "Articles", "admin:helpcenter_article_changelist", "helpcenter.change_article"))


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Earlier texts, to look at."""

    model = Version
    extra = 0
    fields = readonly_fields = ("title", "replaced_at", "replaced_by", "body")
    ordering = ("-replaced_at",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Articles: edited here, seen as readers see them by the link at the side."""

    list_display = ("title", "topic", "audience", "language", "is_edited", "helped", "publish_at", "shown")
    list_filter = ("topic", "audience", "language")
    search_fields = ("title", "slug", "summary", "words")
    ordering = ("topic", "order")
    readonly_fields = ("preview", "updated_at")
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        n = Count("feedback")
        helped = Count("feedback", filter=Q(feedback__has_helped=True))
        rows: QuerySet[Article] = super().get_queryset(request).annotate(n_words=n, n_helped=helped)
        return rows

    @admin.display(boolean=True, description="edited here")
    def is_edited(self, obj: Article) -> bool:
        return articles.is_edited(obj)

    @admin.display(description="helped")
    def helped(self, obj: Article) -> str:
        return f"{obj.n_helped} of {obj.n_words}" if obj.n_words else "–"  # type: ignore[attr-defined]  # annotated

    @admin.display(description="page")
    def shown(self, obj: Article) -> SafeString:
        return format_html('<a href="{}">Open</a>', obj.get_absolute_url())

    @admin.display(description="As readers see it")
    def preview(self, obj: Article) -> SafeString | str:
        return articles.render(obj.body, articles.places()).html if obj.pk else "–"

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        with transaction.atomic():
            if change:
                articles.keep_version(obj, user_id=request.user.pk, now=timezone.now())
            super().save_model(request, obj, form, change)


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Earlier texts, to be brought back."""

    list_display = ("title", "article", "replaced_at", "replaced_by")
    readonly_fields = ("article", "title", "summary", "body", "replaced_at", "replaced_by")
    ordering = ("-replaced_at",)
    actions = ("restore",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Bring this text back", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Version]) -> None:
        for version in queryset.select_related("article"):
            articles.restore(version, user_id=request.user.pk, now=timezone.now())
        messages.success(request, "Brought back; the texts they replaced are versions now.")


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """What readers said. Nobody knows who."""

    list_display = ("article", "has_helped", "text", "at")
    list_filter = ("has_helped", "article")
    ordering = ("-at",)
    list_select_related = ("article",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Miss)
class MissAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """What people looked for and did not find: the next articles to write."""

    list_display = ("text", "n_times", "last_at")
    ordering = ("-n_times", "-last_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """How to reach company support."""

    list_display = ("name", "group", "phone", "email", "hours", "takes_mail")
