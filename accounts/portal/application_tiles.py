"""What the portal shows of applications: a tile for each, and what one was told about a person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Max, Q, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access, applications
from accounts.models import Application, ApplicationSession, OidcSignIn, User
from verification import time_format

_SESSIONS = 10

# Source: RFC 8176, 2; OpenID EAP ACR Values 1.0 (pop)
_METHODS = {
    "pwd": gettext_lazy("password"),
    "otp": gettext_lazy("code"),
    "sms": gettext_lazy("text"),
    "tel": gettext_lazy("phone call"),
    "hwk": gettext_lazy("security key"),
    "swk": gettext_lazy("passkey"),
    "pop": gettext_lazy("passkey"),
    "user": "",
    "pin": "",
    "mfa": "",
}


@dataclass(frozen=True, kw_only=True)
class Tile:
    """An application for one person: whether they may use it, whether they are signed in, and when they used it."""

    application: Application
    is_allowed: bool
    is_signed_in: bool = False
    last_used_at: datetime | None = None

    @property
    def initials(self) -> str:
        return applications.initials(self.application.name)


@dataclass(frozen=True, kw_only=True)
class Received:
    """What an application was told at a sign-in. Shape: pairs of a label and a value."""

    session: ApplicationSession
    facts: tuple[tuple[str, str], ...]


def tiles(user: User) -> list[Tile]:
    """Return a tile for each application by name. Three queries, however many there are."""
    allowed = set(applications.usable_by(user.pk).values_list("pk", flat=True))
    sessions = ApplicationSession.objects.filter(user=user).values("application_id").order_by()
    counted = sessions.annotate(last=Max("last_used_at"), n_running=Count("pk", filter=Q(ended_at__isnull=True)))
    used = {row["application_id"]: row for row in counted}
    return [
        Tile(
            application=each,
            is_allowed=each.pk in allowed,
            is_signed_in=bool(used[each.pk]["n_running"]) if each.pk in used else False,
            last_used_at=used[each.pk]["last"] if each.pk in used else None,
        )
        for each in Application.objects.filter(is_active=True).order_by("name", "pk")
    ]


def matching(found: list[Tile], words: str) -> list[Tile]:
    """Return the tiles whose name or description contains each of these words."""
    sought = words.casefold().split()
    return [
        tile
        for tile in found
        if all(word in f"{tile.application.name} {tile.application.description}".casefold() for word in sought)
    ]


def recent(user: User, most: int) -> list[Tile]:
    """Return tiles of applications that a person may use, those that they used last first. Two queries."""
    sessions = ApplicationSession.objects.filter(user=user).values("application_id").order_by()
    used = dict(sessions.annotate(last=Max("last_used_at")).order_by("-last").values_list("application_id", "last"))
    order = [When(pk=pk, then=rank) for rank, pk in enumerate(used)]
    mine = applications.usable_by(user.pk).order_by(Case(*order, default=len(order)), "name", "pk")
    return [Tile(application=each, is_allowed=True, last_used_at=used.get(each.pk)) for each in mine[:most]]


def received(user: User, application: Application) -> list[Received]:
    """Return the person's last sign-ins to an application, newest first."""
    rows = ApplicationSession.objects.filter(user=user, application=application).order_by("-last_used_at")
    return [Received(session=row, facts=tuple(_facts(row))) for row in rows[:_SESSIONS]]


def data(user: User, application: Application) -> list[tuple[str, str]]:
    """Return what an application that a person signed in to knows about them. Shape: a label and the present value."""
    last = ApplicationSession.objects.filter(user=user, application=application).order_by("-last_used_at").first()
    if last is None:
        return []
    shared = {"profile", "email", "groups"}
    if application.kind == Application.Kind.OIDC:
        newest = OidcSignIn.objects.filter(session=last).order_by("-made_at").first()
        shared &= set(newest.scope.split()) if newest else set()
    groups = ", ".join(user.groups.order_by("name").values_list("name", flat=True)) if "groups" in shared else ""
    lines = [
        ("profile", _("Name"), user.get_full_name()),
        ("profile", _("Username"), user.username),
        ("email", _("Email address"), user.email or _("none")),
        ("groups", _("Groups"), groups or _("none")),
    ]
    found = [(label, value) for part, label, value in lines if part in shared]
    return found or [(_("Who you are"), _("only a random name, which stays the same"))]


def _facts(row: ApplicationSession) -> list[tuple[str, str]]:
    methods = [str(_METHODS.get(each, each)) for each in row.amr]
    return [
        (_("Verified with"), ", ".join(dict.fromkeys(each for each in methods if each)) or _("nothing")),
        (_("Last verified"), time_format.moment(row.auth_time) if row.auth_time else _("not at this sign-in")),
        (_("It was told"), access.decision_words.level(row.acr).capitalize() or "–"),
    ]
