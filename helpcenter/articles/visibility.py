"""Who sees which article: its audience, and from when until when it is shown."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from helpcenter.models import Article, Audience

if TYPE_CHECKING:
    pass


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
