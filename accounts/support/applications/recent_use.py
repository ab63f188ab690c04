"""Who used an application lately, and how many of its sessions run."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts import access
from accounts.models import Application, ApplicationSession, Session, User
from accounts.sessions import running_sessions
from accounts.support import people_in_desk_scopes

_MAX_SESSIONS_SHOWN = 20  # on the page of an application
_MAX_SESSIONS_COUNTED = 1_000  # above that, the page says "more than"


@dataclass(frozen=True, kw_only=True)
class ApplicationUse:
    """One person's session in an application. Without `person`, the reader may not see them."""

    session: ApplicationSession
    person: User | None
    is_running: bool

    @property
    def level(self) -> str:
        """How strongly they verified, as the application was told it."""
        return access.words_for_strength_told_to_applications.level(self.session.acr).capitalize()


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
    sees_people = staff.has_perm("accounts.view_user")
    people = people_in_desk_scopes.visible(staff).in_bulk([each.user_id for each in last]) if sees_people else {}
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
