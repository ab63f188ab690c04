"""Loads, finds and renders articles. Editors are responsible for their content."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from helpcenter import contacts, shipped_articles
from helpcenter.models import Article, Audience, Feedback, Version
from verification import conf, policies

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TEXT = {"h2", "h3", "p", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "br", "hr", "img"}
_TAGS = _TEXT | {"table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "h2": {"id"}, "h3": {"id"}, "ol": {"start"}}
_IDS_OF_PAGE = ("main", "places", "helpful", "related")  # around an article, in the templates
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # when the shipped articles were published
_PLACE = re.compile(r"\{([a-z_]+)\}")
_PICTURE = re.compile(r'<img src="(/static/helpcenter/pictures/[a-z-]+)\.png"[^>]*>')


def load(*, using: str = DEFAULT_DB_ALIAS) -> tuple[int, int, int]:
    """Load the shipped articles into the database. Return how many were new, updated, and kept as edited.

    `migrate` runs it each time. An edited article is never overwritten.
    """
    rows = Article.objects.using(using)
    stored = {(row.slug, row.language): row.shipped for row in rows.only("slug", "language", "shipped")}
    new = [each for each in shipped_articles.articles() if (each.slug, each.language) not in stored]
    rows.bulk_create(
        Article(slug=each.slug, language=each.language, publish_at=_ALWAYS, **_fields(each)) for each in new
    )
    n_renewed = n_kept = 0
    for each in shipped_articles.articles():
        if stored.get((each.slug, each.language), each.digest) == each.digest:
            continue
        row = rows.get(slug=each.slug, language=each.language)
        if is_edited(row):
            n_kept += 1
        else:
            for name, value in _fields(each).items():
                setattr(row, name, value)
            row.save()
            n_renewed += 1
    return len(new), n_renewed, n_kept


def _fields(each: shipped_articles.Shipped) -> dict[str, Any]:
    return {
        "title": each.title,
        "summary": each.summary,
        "body": each.body,
        "topic": each.topic,
        "order": each.order,
        "audience": each.audience,
        "words": "\n".join(each.words),
        "related": " ".join(each.related),
        "shipped": each.digest,
    }


def is_edited(row: Article) -> bool:
    """Return whether an article was changed since it was loaded."""
    return digest(row) != row.shipped


def digest(row: Article) -> str:
    """Return the digest of an article, computed like that of a shipped one."""
    as_shipped = shipped_articles.Shipped(
        slug=row.slug,
        language=row.language,
        title=row.title,
        summary=row.summary,
        body=row.body,
        topic=row.topic,
        order=row.order,
        audience=row.audience,
        words=tuple(row.words.splitlines()),
        related=tuple(row.related.split()),
        outcomes=(),
    )
    return as_shipped.digest


def keep_version(article: Article, *, user_id: int | None, now: datetime) -> None:
    """Save the text that is about to be replaced as a version. Call it in the change's transaction."""
    former = Article.objects.filter(pk=article.pk).values("title", "summary", "body").first()
    if former and any(getattr(article, name) != text for name, text in former.items()):
        Version.objects.create(article=article, replaced_at=now, replaced_by_id=user_id, **former)


def restore(version: Version, *, user_id: int | None, now: datetime) -> None:
    """Restore an earlier text. The current one becomes a version."""
    article = version.article
    article.title, article.summary, article.body = version.title, version.summary, version.body
    with transaction.atomic():
        keep_version(article, user_id=user_id, now=now)
        article.save(update_fields=["title", "summary", "body", "updated_at"])


def feedback() -> dict[int, tuple[int, int]]:
    """Return, for each article, how many readers it helped and how many gave feedback."""
    rows = Feedback.objects.order_by().values_list("article")
    counted = rows.annotate(n_helped=Count("pk", filter=Q(has_helped=True)), n=Count("pk"))
    return {article: (n_helped, n) for article, n_helped, n in counted}


def audiences(user: User | None) -> list[str]:
    """Return the audiences that a reader belongs to. Strangers and employees see articles for everyone."""
    found = [str(Audience.EVERYONE)]
    if user is not None and user.is_staff:
        rights = {Audience.SUPPORT: "accounts.view_user", Audience.OPERATORS: "verification.view_message"}
        found += [str(audience) for audience, right in rights.items() if user.has_perm(right)]
    return found


def published(user: User | None, *, now: datetime | None = None, language: str = "en") -> QuerySet[Article]:
    """Return the articles that a reader may see now."""
    now = now or timezone.now()
    rows = Article.objects.filter(publish_at__lte=now, audience__in=audiences(user), language=language)
    return rows.filter(Q(withdraw_at__isnull=True) | Q(withdraw_at__gt=now))


# Rendering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heading:
    """One entry in an article's table of contents."""

    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A rendered article."""

    html: SafeString
    headings: tuple[Heading, ...]


def render(body: str, places: dict[str, str]) -> Rendered:
    """Turn Markdown into safe HTML. Headings get ids; anything not allowed is removed."""
    markdown = _markdown()
    tokens = markdown.parse(fill(body, places))
    headings, ids = [], set(_IDS_OF_PAGE)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in {"h2", "h3"}:
            text = "".join(part.content for part in tokens[at + 1].children or ())
            heading = Heading(_new_id(text, ids), text)
            token.attrSet("id", heading.id)
            if token.tag == "h2":
                headings.append(heading)
    html = import_module("nh3").clean(
        markdown.renderer.render(tokens, markdown.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    html = _PICTURE.sub(_with_dark_twin, html)
    return Rendered(mark_safe(html), tuple(headings))  # noqa: S308  (nh3 made it safe)


def _new_id(text: str, taken: set[str]) -> str:
    """Return an id for a heading that nothing else on the page has, and add it to those that are taken."""
    start = slugify(text, allow_unicode=True) or "part"
    found = next(each for each in chain([start], (f"{start}-{n}" for n in count(2))) if each not in taken)
    taken.add(found)
    return found


@cache
def _markdown() -> "MarkdownIt":
    """Return the parser. The first article loads it and nh3, which a process that shows none does without: 2 MiB."""
    parser: MarkdownIt = import_module("markdown_it").MarkdownIt("commonmark", {"html": False, "linkify": False})
    return parser.enable("table")


def _with_dark_twin(found: re.Match[str]) -> str:
    """Show the picture's dark twin to readers whose device is dark."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{found[1]}-dark.png">'
    return f"<picture>{dark}{found[0]}</picture>"


def fill(text: str, places: dict[str, str]) -> str:
    """Replace placeholders by the organisation's values. Unknown ones are left as they are."""
    return _PLACE.sub(lambda found: places.get(found[1], found[0]), text)


def places(user: User | None = None) -> dict[str, str]:
    """Return the placeholders for articles: the organisation, the reader's support desk, and the reader's limits."""
    rules, desk = policies.rules_for(user.pk if user is not None else 0), contacts.desk_of(user)
    support = desk.name or _("your support desk")
    phone = desk.phone.replace(" ", "\N{NO-BREAK SPACE}")
    return {
        "organisation": conf.organisation_name() or _("your organisation"),
        "support": support,
        "support_contact": f"{support} ({phone or desk.email})" if phone or desk.email else support,
        "support_phone": phone or support,
        "support_mail": desk.email or support,
        "support_hours": desk.hours,
        "senders": ", ".join(sorted(set(settings.SENDER_NUMBERS))) or conf.organisation_name(),
        "days": str(rules.remember_days),
        "minutes": str(int(rules.code_life.total_seconds() // 60)),
        "tries": str(conf.attempts_per_challenge()),
        "free_failures": str(conf.failures_before_delay()),
        "resend": str(int(conf.resend_after().total_seconds())),
        "address": conf.public_url(),
    }
