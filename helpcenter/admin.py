"""Admin pages for editors: articles and their versions, feedback, failed searches, contacts."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangesAdmin, RowAction
from accounts.admin_site import EMPTY, AdminWords
from helpcenter import articles, audit_events, feedback_and_failed_searches, home_page_topics
from helpcenter.models import Article, Contact, Feedback, Miss, Version
from verification import time_format

_TOPICS = {**home_page_topics.TOPICS, "staff": _("For staff"), "other": _("Other topics")}


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Earlier versions, read-only."""

    model = Version
    template = "helpcenter/earlier_versions.html"
    extra = 0
    fields = readonly_fields = ("title", "replaced_at", "replaced_by", "body")
    ordering = ("-replaced_at",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _NamedFilter(admin.AllValuesFieldListFilter):
    """A filter whose choices have the names that readers see, not the stored values."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": self.name(str(choice["display"]))}

    def name(self, stored: str) -> Any:
        raise NotImplementedError


class _TopicFilter(_NamedFilter):
    def name(self, stored: str) -> Any:
        return _TOPICS.get(stored, stored)


class _LanguageFilter(_NamedFilter):
    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def name(self, stored: str) -> Any:
        return _language(stored)


def _language(code: str) -> str:
    """Return the name of a language, or its code if Django doesn't know it."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def _hidden(article: Article, now: datetime) -> str:
    """Say when readers see an article, if they don't see it now."""
    if article.withdraw_at and article.withdraw_at <= now:
        return gettext("Not shown since %(at)s") % {"at": time_format.short_moment(article.withdraw_at)}
    if article.publish_at > now:
        return gettext("Shown from %(at)s") % {"at": time_format.short_moment(article.publish_at)}
    return ""


@admin.register(Article)
class ArticleAdmin(ChangesAdmin):
    """Articles. The list shows what differs among them; the form shows an article as readers see it."""

    subject = "article"
    added, changed = audit_events.ARTICLE_ADDED, audit_events.ARTICLE_CHANGED
    deleted = audit_events.ARTICLE_DELETED
    list_display = ("title", "topic_shown", "audience", "state")
    search_label = _("Title, words or address")
    words = AdminWords(
        heading=_("Articles"),
        lead=_("What people read under Help. A changed article keeps its earlier versions."),
        add=_("Add an article"),
        empty=_("No articles yet"),
        empty_text=_("The articles that come with the service are added when it is set up."),
        delete=_("Delete article"),
        delete_effect=_("Readers no longer find it, and its earlier versions and feedback are deleted too."),
    )
    list_filter = (("topic", _TopicFilter), "audience", ("language", _LanguageFilter))
    search_fields = ("title", "slug", "summary", "words")
    ordering = ("topic", "order")
    readonly_fields = ("preview", "updated_at")
    inlines = (VersionInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "topic":
            own = sorted({*Article.objects.values_list("topic", flat=True)} - {*_TOPICS})
            kwargs["widget"] = forms.Select(choices=[*_TOPICS.items(), *((each, each) for each in own)])
        elif db_field.name == "words":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 4})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Add how many readers each article helped, counted once per page, and its language if there are several."""
        counted = cache(feedback_and_failed_searches.counted)

        @admin.display(description=_("helped"))
        def helped(article: Article) -> str:
            n_helped, n = counted().get(article.pk, (0, 0))
            return gettext("%(n)d of %(all)d") % {"n": n_helped, "all": n} if n else EMPTY

        languages = ["language_shown"] if Article.objects.values("language").distinct().count() > 1 else []
        return [*super().get_list_display(request), *languages, helped]

    @admin.display(description=_("topic"), ordering="topic")
    def topic_shown(self, obj: Article) -> Any:
        return _TOPICS.get(obj.topic, obj.topic)

    @admin.display(description=_("language"), ordering="language")
    def language_shown(self, obj: Article) -> str:
        return _language(obj.language)

    @admin.display(description=_("text"))
    def state(self, obj: Article) -> SafeString:
        text = gettext("Edited here") if articles.is_edited(obj) else gettext("As shipped")
        hidden = _hidden(obj, timezone.now())
        shown = format_html('<span class="whole">{}</span>', text)
        return format_html('{}<span class="sub">{}</span>', shown, hidden) if hidden else shown

    @admin.display(description=_("as readers see it"))
    def preview(self, obj: Article) -> SafeString | str:
        return articles.render(obj.body, articles.places()).html if obj.pk else EMPTY

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
    words = AdminWords(
        heading=_("Earlier versions"),
        lead=_("The texts of articles before they were changed. Select some to restore them."),
        empty=_("No earlier versions yet"),
        empty_text=_("A version is kept each time an article is changed."),
        delete=_("Delete version"),
        delete_effect=_("This text can no longer be restored."),
    )
    fields = readonly_fields = ("article", "title", "summary", "body", "replaced_at", "replaced_by")
    ordering = ("-replaced_at",)
    row_actions = {
        "restore": RowAction(
            label=_("Restore"),
            explain=_("These texts replace the current ones, which are kept as earlier versions."),
            button=_("Restore"),
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
        messages.success(request, gettext("Restored. The texts they replaced are kept as earlier versions."))
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
    flags = {"has_helped": (_("It helped"), _("It didn’t help"))}
    words = AdminWords(
        heading=_("Feedback"),
        lead=_("What readers said about articles. It’s anonymous."),
        empty=_("No feedback yet"),
        empty_text=_("Readers can leave some at the foot of each article."),
        delete=_("Delete feedback"),
    )
    list_filter = ("has_helped", "article")
    ordering = ("-at",)
    list_select_related = ("article",)


@admin.register(Miss)
class MissAdmin(_DeletedAdmin):
    """Searches that found nothing, for ideas which articles to write."""

    subject = "miss"
    deleted = audit_events.MISS_DELETED
    list_display = ("text", "n_times", "last_at")
    words = AdminWords(
        heading=_("Failed searches"),
        lead=_("What people searched for in Help without a result. They show which articles or words are missing."),
        empty=_("No failed searches"),
        empty_text=_("A search without a result is listed here."),
        delete=_("Delete failed search"),
    )
    ordering = ("-n_times", "-last_at")


@admin.register(Contact)
class ContactAdmin(ChangesAdmin):
    """Contact details of support desks."""

    subject = "contact"
    added, changed = audit_events.CONTACT_ADDED, audit_events.CONTACT_CHANGED
    deleted = audit_events.CONTACT_DELETED
    list_display = ("name", "helps", "phone", "email", "hours", "takes_mail")
    ordering = ("name",)
    words = AdminWords(
        heading=_("Contacts"),
        lead=_("How people reach the support desk. One contact is for everyone, others for the people of a group."),
        add=_("Add a contact"),
        empty=_("No contacts yet"),
        empty_text=_("Until you add one, pages show the support desk from the settings."),
        delete=_("Delete contact"),
        delete_effect=_("Its people see the contact for everyone instead."),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "group":
            field.empty_label = gettext("Everyone else")
        return field

    @admin.display(description=_("for"), ordering="group")
    def helps(self, obj: Contact) -> str:
        return obj.group.name if obj.group else gettext("Everyone else")
