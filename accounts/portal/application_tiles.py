"""The tiles of applications: which a person may use, where they are signed in, and when they used each."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Max, When

from accounts import applications
from accounts.models import Application, ApplicationSession, User
from accounts.sessions import running_sessions


@dataclass(frozen=True, kw_only=True)
class ApplicationTile:
    """An application for one person: whether they may use it, whether they are signed in, and when they used it."""

    application: Application
    is_allowed: bool
    is_signed_in: bool = False
    last_used_at: datetime | None = None

    @property
    def initials(self) -> str:
        return applications.initials(self.application.name)


def tiles(user: User, *, now: datetime) -> list[ApplicationTile]:
    """Return a tile for each application by name. Five queries, however many there are."""
    allowed = set(applications.usable_by(user.pk).values_list("pk", flat=True))
    sessions = ApplicationSession.objects.filter(user=user)
    used = dict(sessions.values_list("application_id").annotate(last=Max("last_used_at")).order_by())
    opened = list(sessions.filter(ended_at__isnull=True).values_list("application_id", "session_ref"))
    running = running_sessions.still_running([ref for _application, ref in opened], now)
    signed_in = {application for application, ref in opened if ref in running}
    return [
        ApplicationTile(
            application=each,
            is_allowed=each.pk in allowed,
            is_signed_in=each.pk in signed_in,
            last_used_at=used.get(each.pk),
        )
        for each in Application.objects.filter(is_active=True).order_by("name", "pk")
    ]


def matching(found: list[ApplicationTile], words: str) -> list[ApplicationTile]:
    """Return the tiles whose name or description contains each of these words."""
    sought = words.casefold().split()
    return [
        tile
        for tile in found
        if all(word in f"{tile.application.name} {tile.application.description}".casefold() for word in sought)
    ]


def recent(user: User, most: int) -> list[ApplicationTile]:
    """Return tiles of applications that a person may use, those that they used last first. Two queries."""
    sessions = ApplicationSession.objects.filter(user=user).values("application_id").order_by()
    used = dict(sessions.annotate(last=Max("last_used_at")).order_by("-last").values_list("application_id", "last"))
    order = [When(pk=pk, then=rank) for rank, pk in enumerate(used)]
    mine = applications.usable_by(user.pk).order_by(Case(*order, default=len(order)), "name", "pk")
    return [ApplicationTile(application=each, is_allowed=True, last_used_at=used.get(each.pk)) for each in mine[:most]]
