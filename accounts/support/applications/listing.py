"""The list of all applications: those of both kinds, and the services that check app passwords."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import access, applications
from accounts.models import Application, ApplicationSession, Service, Session, User
from accounts.sessions import running_sessions
from accounts.support import desk_scopes
from verification import strengths
from verification.lazy_text import LazyText

_MAX_SESSIONS_SHOWN = 20  # on the page of an application
_MAX_SESSIONS_COUNTED = 1_000  # above that, the page says "more than"
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


@dataclass(frozen=True, kw_only=True)
class ApplicationUse:
    """One person's session in an application. Without `person`, they belong to another desk."""

    session: ApplicationSession
    person: User | None
    is_running: bool

    @property
    def level(self) -> str:
        """How strongly they verified, as the application was told it."""
        return access.access_decision_words.level(self.session.acr).capitalize()


@dataclass(frozen=True, kw_only=True)
class ApplicationUsage:
    """Who used an application lately, and how many sessions run. `is_more`: there are more than were counted.

    A session counts only while the person is signed in here. Its row is closed later.
    """

    uses: tuple[ApplicationUse, ...]
    n_running: int
    is_more: bool


def usage(application: Application, staff: User, *, now: datetime) -> ApplicationUsage:
    """Return who used an application lately. Four queries, each of which returns a bounded number of rows."""
    sessions = ApplicationSession.objects.filter(application=application)
    last = list(sessions.order_by("-last_used_at")[:_MAX_SESSIONS_SHOWN])
    people = desk_scopes.visible(staff).in_bulk([each.user_id for each in last])
    unexpired = Session.objects.filter(ref=OuterRef("session_ref"), expire_date__gt=now)
    opened = sessions.filter(Exists(unexpired), ended_at__isnull=True)
    counted = set(opened.values_list("session_ref", flat=True)[: _MAX_SESSIONS_COUNTED + 1])
    running = running_sessions.still_running(counted | {each.session_ref for each in last if not each.ended_at}, now)
    n = len(counted & running)
    return ApplicationUsage(
        uses=tuple(
            ApplicationUse(
                session=each,
                person=people.get(each.user_id),
                is_running=not each.ended_at and each.session_ref in running,
            )
            for each in last
        ),
        n_running=min(n, _MAX_SESSIONS_COUNTED),
        is_more=n > _MAX_SESSIONS_COUNTED,
    )
