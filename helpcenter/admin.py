"""Admin pages for editors: articles and their versions, feedback, failed searches, contacts."""

from functools import cache
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_changes import ChangesAdmin, RowAction
from helpcenter import articles, audit_events
from helpcenter.models import Article, Contact, Feedback, Miss, Version


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Earlier versions, read-only."""

    model = Version
    template = "helpcenter/versions.html"
    extra = 0
    fields = readonly_fields = ("title", "replaced_at", "replaced_by", "body")
    ordering = ("-replaced_at",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(ChangesAdmin):
    """Articles. The link at the side shows an article as readers see it."""

    subject = "article"
    added, changed = audit_events.ARTICLE_ADDED, audit_events.ARTICLE_CHANGED
    deleted = audit_events.ARTICLE_DELETED
    list_display = ("title", "topic", "audience", "language", "is_edited", "publish_at", "shown")
    list_filter = ("topic", "audience", "language")
    search_fields = ("title", "slug", "summary", "words")
    ordering = ("topic", "order")
    readonly_fields = ("preview", "updated_at")
    inlines = (VersionInline,)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Add how many readers each article helped. Counted once per page, not per row."""
        counted = cache(articles.feedback)

        @admin.display(description="helped")
        def helped(article: Article) -> str:
            n_helped, n = counted().get(article.pk, (0, 0))
            return f"{n_helped} of {n}" if n else "–"

        columns = list(super().get_list_display(request))
        columns.insert(-2, helped)
        return columns

    @admin.display(description="text")
    def is_edited(self, obj: Article) -> str:
        return "edited here" if articles.is_edited(obj) else "as shipped"

    @admin.display(description="page")
    def shown(self, obj: Article) -> SafeString:
        return format_html('<a href="{}">Open</a>', obj.get_absolute_url())

    @admin.display(description="As readers see it")
    def preview(self, obj: Article) -> SafeString | str:
        return articles.render(obj.body, articles.places()).html if obj.pk else "–"

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        if change:
            articles.keep_version(obj, user_id=request.user.pk, now=timezone.now())
        super().save_model(request, obj, form, change)


@admin.register(Version)
class VersionAdmin(ChangesAdmin):
    """Earlier versions, which can be restored."""

    subject = "article"
    deleted = audit_events.ARTICLE_DELETED
    list_display = ("title", "article", "replaced_at", "replaced_by")
    fields = readonly_fields = ("article", "title", "summary", "body", "replaced_at", "replaced_by")
    ordering = ("-replaced_at",)
    row_actions = {
        "restore": RowAction(
            label="Bring this text back",
            explain="These texts take the place of the present ones, which are kept as versions.",
            button="Bring back",
            run="restore",
            permissions=("restore",),
        )
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # an earlier text can only be restored as it was

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("helpcenter.change_version")

    def restore(self, request: HttpRequest, rows: list[Version], reason: str) -> HttpResponse:
        """Restore each text, the most recently chosen last."""
        for version in rows:
            articles.restore(version, user_id=request.user.pk, now=timezone.now())
            about = {"version": version.replaced_at.isoformat(), "title": version.title}
            self.record(request, audit_events.ARTICLE_RESTORED, version.article, reason, **about)
        messages.success(request, "Brought back; the texts they replaced are versions now.")
        return redirect("admin:helpcenter_version_changelist")


class _DeletedAdmin(ChangesAdmin):
    """Rows written by readers, which can be viewed and deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Feedback)
class FeedbackAdmin(_DeletedAdmin):
    """Anonymous feedback from readers."""

    subject = "feedback"
    deleted = audit_events.FEEDBACK_DELETED
    list_display = ("article", "has_helped", "text", "at")
    list_filter = ("has_helped", "article")
    ordering = ("-at",)
    list_select_related = ("article",)


@admin.register(Miss)
class MissAdmin(_DeletedAdmin):
    """Searches that found nothing, for ideas which articles to write."""

    subject = "miss"
    deleted = audit_events.MISS_DELETED
    list_display = ("text", "n_times", "last_at")
    ordering = ("-n_times", "-last_at")


@admin.register(Contact)
class ContactAdmin(ChangesAdmin):
    """Contact details of company support."""

    subject = "contact"
    added, changed = audit_events.CONTACT_ADDED, audit_events.CONTACT_CHANGED
    deleted = audit_events.CONTACT_DELETED
    list_display = ("name", "group", "phone", "email", "hours", "takes_mail")
