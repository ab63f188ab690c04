"""Problems of directories that staff must know about: many people left one, or would leave it, at the same time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import ldap_sync, provisioning
from accounts.models import Directory, DirectorySync, DirectorySyncRow, User
from accounts.provisioning import ChangeKind
from accounts.support import people_in_desk_scopes
from verification import time_format
from verification.db.compiled_queries import Select

_SEES = "accounts.view_directory"
_MAX_NAMES = 3  # people whom a notice names

_waiting = DirectorySync.objects.filter(state=DirectorySync.State.READY, stopped=True)
_WITH_PROBLEMS = Select(
    lambda: Directory.objects.filter(
        Q(many_left_since__isnull=False) | Exists(_waiting.filter(directory=OuterRef("pk")))
    ).order_by("position", "pk")
)


@dataclass(frozen=True, kw_only=True)
class DirectoryProblem:
    """Many people of one directory. Shape: `lines` are sentences; `label` is the text of the link."""

    name: str
    title: str
    lines: tuple[str, ...]
    url: str = ""
    label: str = ""


def rows_for(run: DirectorySync, staff: User) -> QuerySet[DirectorySyncRow]:
    """Return what a run changes: all of it, or of a desk the groups and the people that it helps.

    Someone new belongs to no desk before the run is applied.
    """
    if not people_in_desk_scopes.is_scoped(staff):
        return run.rows.all()
    mine = people_in_desk_scopes.visible(staff)
    added = mine.filter(directory=run.directory_id, username=OuterRef("name"))
    of_group = Q(what="group") | Q(why__in=["no_name", "long_group_name"])
    return run.rows.filter(of_group | Q(user__in=mine) | Q(Exists(added), what=ChangeKind.ADDED))


def changes_others(run: DirectorySync, staff: User) -> bool:
    """Return whether a run changes anything besides people whom a member of staff may see: then they can't confirm it.

    New people belong to no desk yet, and groups can have members of every desk.
    """
    if not people_in_desk_scopes.is_scoped(staff):
        return False
    changes = run.rows.exclude(what__in=[ChangeKind.REFUSED, ldap_sync.SHORTENED])
    return changes.filter(Q(user=None) | ~Q(user__in=people_in_desk_scopes.visible(staff))).exists()


def problems(staff: User, directory: Directory | None = None) -> list[DirectoryProblem]:
    """Return what nobody has dealt with yet: of one directory, or of all.

    Only staff who may see directories get a link, and names of people whom they may help. The others are told how to
    help a caller.
    """
    rows = [each for each in _WITH_PROBLEMS.all() if directory is None or each == directory]
    return [problem for each in rows for problem in _of(each, staff)]


def _of(directory: Directory, staff: User) -> Iterator[DirectoryProblem]:
    if directory.many_left_since is not None:
        yield _left(directory, staff)
    for run in _waiting.filter(directory=directory):
        yield _would_leave(directory, run, staff)


def who_left(directory: Directory, staff: User) -> QuerySet[User]:
    """Return who left since an alarm, of those whom a member of staff may see."""
    left = provisioning.people_who_left(directory)
    return (
        left.filter(pk__in=people_in_desk_scopes.visible(staff).values("pk"))
        if people_in_desk_scopes.is_scoped(staff)
        else left
    )


def _left(directory: Directory, staff: User) -> DirectoryProblem:
    left, found = provisioning.people_who_left(directory), provisioning.count_of_alarm(directory)
    since = left.aggregate(first=Min("directory_off_at"))["first"] or directory.many_left_since
    title = _("Many people left %(directory)s") % {"directory": directory.name}
    said = {"n": found.n, "of": found.of, "since": _at(since)}
    what = _("%(n)d of %(of)d people have been switched off since %(since)s.") % said
    effect = _("They were signed out everywhere and can’t sign in.")
    if not staff.has_perm(_SEES):
        advice = _("If one of them calls, tell an administrator. Only the directory can switch them on again.")
        return DirectoryProblem(name="many_left", title=title, lines=(what, effect, advice))
    names = _named(who_left(directory, staff).values_list("username", flat=True)[: _MAX_NAMES + 1], found.n)
    url = f"{reverse('admin:directory-scim', args=[directory.pk])}#left"
    lines = (what, names, effect)
    return DirectoryProblem(name="many_left", title=title, lines=lines, url=url, label=_("Check who left"))


def _would_leave(directory: Directory, run: DirectorySync, staff: User) -> DirectoryProblem:
    name, title = "groups_would_leave", _("Many groups would leave %(directory)s")
    if run.n_switched_off:
        name, title = "people_would_leave", _("Many people would leave %(directory)s")
    what = would_go(run)
    nothing = _("Nothing has been changed since %(since)s, and everyone can still sign in.")
    lines = [*filter(None, (f"{what}.", went_before(run))), nothing % {"since": _at(_stopped_since(directory, run))}]
    title %= {"directory": directory.name}
    if not staff.has_perm(_SEES):
        lines.append(_("An administrator has to check whether that’s right."))
        return DirectoryProblem(name=name, title=title, lines=tuple(lines))
    off = rows_for(run, staff).filter(what=ChangeKind.SWITCHED_OFF).order_by("pk").values_list("name", flat=True)
    if run.n_switched_off:
        lines.insert(1, _named(off[: _MAX_NAMES + 1], run.n_switched_off))
    url = reverse("admin:directory-run", args=[run.ref])
    return DirectoryProblem(name=name, title=title, lines=tuple(lines), url=url, label=_("Check the changes"))


def would_go(run: DirectorySync) -> str:
    """Return, without a full stop, the people and groups that a stopped run would take away."""
    numbers = {"off": run.n_switched_off, "of": run.n_active, "groups": run.n_groups_removed, "all": run.n_groups_known}
    if not run.n_groups_removed:
        return _("%(off)d of %(of)d people would be switched off") % numbers
    if not run.n_switched_off:
        return _("%(groups)d of %(all)d groups would be removed or emptied") % numbers
    words = _("%(off)d of %(of)d people would be switched off, and %(groups)d of %(all)d groups removed or emptied")
    return words % numbers


def went_before(run: DirectorySync) -> str:
    """Return a sentence about those who left in the hour before, if the run stopped only because of them."""
    if not run.n_switched_off or provisioning.Departures(n=run.n_switched_off, of=run.n_active).are_many:
        return ""
    at = run.read_at or run.made_at
    n = provisioning.count(run.directory, at, confirmed_at=ldap_sync.confirmed_at(run.directory)).n
    words = ngettext(
        "%(n)d other was switched off in the hour before.", "%(n)d others were switched off in the hour before.", n
    )
    return words % {"n": n} if n else ""


def _stopped_since(directory: Directory, run: DirectorySync) -> datetime:
    """Return when the first of these runs stopped, because each later one replaces the one before."""
    done = DirectorySync.objects.filter(directory=directory, state=DirectorySync.State.DONE).order_by("-pk").first()
    stopped = DirectorySync.objects.filter(directory=directory, stopped=True, pk__gt=done.pk if done else 0)
    first: datetime | None = stopped.aggregate(first=Min("read_at"))["first"]
    return first or run.made_at


def _named(usernames: Iterable[str], n: int) -> str:
    """Return the first names, and how many more there are."""
    some = list(usernames)
    shown = some if len(some) == n else some[:_MAX_NAMES]
    if not shown:
        return _("Another desk helps them.")
    words = _("They are %(names)s.")
    if n > len(shown):
        words = ngettext("They are %(names)s and %(n)d other.", "They are %(names)s and %(n)d others.", n - len(shown))
    return words % {"names": ", ".join(shown), "n": n - len(shown)}


def _at(moment: datetime | None) -> str:
    return time_format.moment(moment) if moment else ""
