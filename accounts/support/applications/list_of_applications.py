"""The list of all applications: those of both kinds, and the services that check app passwords."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import applications
from accounts.models import Application, ApplicationSession, Service
from verification import strengths
from verification.lazy_text import LazyText

SERVICE = "service"
KINDS = {
    Application.Kind.OIDC: _("OpenID Connect"),
    Application.Kind.PROXY: _("Behind a proxy"),
    SERVICE: _("App passwords"),
}


@dataclass(frozen=True, kw_only=True)
class ApplicationRow:
    """One line of the list."""

    name: str
    description: str
    url: str
    kind: str
    kind_label: LazyText
    is_active: bool
    strength: LazyText
    groups: str
    last_used_at: datetime | None
    application: Application | None = None

    @property
    def initials(self) -> str:
        return applications.initials(self.name)


def rows(*, words: str = "", kind: str = "", with_services: bool = True) -> list[ApplicationRow]:
    """Return everything that a search finds, by name. The number of queries doesn't depend on how much that is."""
    found = [] if kind == SERVICE else _applications(kind)
    if with_services and kind in {"", SERVICE}:
        found += _services()
    sought = words.casefold().split()
    matching = [row for row in found if all(word in f"{row.name} {row.description}".casefold() for word in sought)]
    return sorted(matching, key=lambda row: row.name.casefold())


def _applications(kind: str) -> list[ApplicationRow]:
    last = ApplicationSession.objects.filter(application=OuterRef("pk")).order_by("-last_used_at")
    chosen = Application.objects.filter(kind=kind) if kind else Application.objects.all()
    used = dict(chosen.values_list("pk", Subquery(last.values("last_used_at")[:1])))
    return [
        ApplicationRow(
            name=each.name,
            description=each.description,
            url=reverse("admin:application", args=[each.slug]),
            kind=each.kind,
            kind_label=KINDS[Application.Kind(each.kind)],
            is_active=each.is_active,
            strength=strengths.named(each.strength).label,
            groups=", ".join(sorted(group.name for group in each.groups.all())),
            last_used_at=used.get(each.pk),
            application=each,
        )
        for each in chosen.prefetch_related("groups")
    ]


def _services() -> list[ApplicationRow]:
    return [
        ApplicationRow(
            name=each.name,
            description=each.slug,
            url=reverse("admin:accounts_service_change", args=[each.pk]),
            kind=SERVICE,
            kind_label=KINDS[SERVICE],
            is_active=each.is_active,
            strength=_("App password"),
            groups="",
            last_used_at=None,
        )
        for each in Service.objects.all()
    ]
