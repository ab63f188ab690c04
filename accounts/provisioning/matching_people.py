"""Finds the people a directory's entries are about: those it supplied, and those its rule links.

Staff are never linked: a directory could otherwise take over an administrator by writing their name. An administrator
who wants them in the directory removes their roles, lets the directory link them, and gives the roles again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.models import Directory, User
from accounts.models.directories import LinkBy
from accounts.models.people import fold
from accounts.provisioning import last_administrator, suggested_numbers
from accounts.provisioning.directory_entries import PersonEntry
from accounts.provisioning.person_changes import PersonChange, email_of, plan_person, username_of


@dataclass(frozen=True, kw_only=True)
class MatchingPeople:
    """The people some entries may be about.

    Shape: `by_key` are of the directory; `by_name` are all who have one of the usernames; `by_email` are people of no
    directory, by folded address.
    """

    by_key: dict[str, User] = field(default_factory=dict)
    by_name: dict[str, User] = field(default_factory=dict)
    by_email: dict[str, list[User]] = field(default_factory=dict)

    def of(self, directory: Directory, entry: PersonEntry) -> User | None:
        """Return the person of an entry: by key, else by the directory's rule, else None."""
        if (known := self.by_key.get(entry.key)) is not None:
            return known
        if directory.link_by == LinkBy.USERNAME:
            named = self.by_name.get(username_of(entry) or "")
            return named if named is not None and named.directory_id is None else None
        if directory.link_by == LinkBy.EMAIL and (email := email_of(entry)):
            mailed = self.by_email.get(fold(email), [])
            return mailed[0] if len(mailed) == 1 else None  # two people with one address could be either
        return None


def find(directory: Directory, entry: PersonEntry) -> User | None:
    """Return the person an entry is about: the directory's own by its key, else one its rule links."""
    return _read(directory, [entry]).of(directory, entry)


def plan_people(
    directory: Directory, entries: Sequence[PersonEntry], *, now: datetime | None = None
) -> list[PersonChange]:
    """Return what entries would change, in their order, with a few statements for all of them.

    A person or username that an entry before it has is not free for a later entry of the same call.
    """
    return _plan(directory, entries, _read(directory, entries), last_administrator.pks(now or timezone.now()))


def plan_locked(
    directory: Directory, entries: Sequence[PersonEntry], now: datetime
) -> tuple[list[PersonChange], dict[int, User]]:
    """Lock the people of some entries, and return what the entries change and the people. Call it in a transaction.

    If someone leaves, the administrators are locked too, so that no two requests switch off the last ones together.
    Someone who gets a username or address only now isn't found, and then the constraints of the database decide.
    """
    leaving = any(not entry.is_active for entry in entries)
    admins = last_administrator.pks(now) if leaving else set()
    found = _read(directory, entries, locked_with=admins)
    people: dict[int, User] = {}
    admins = last_administrator.pks(now) if leaving else set()
    return _plan(directory, entries, found, admins, people), people


def _plan(
    directory: Directory,
    entries: Sequence[PersonEntry],
    found: MatchingPeople,
    admins: set[int],
    people: dict[int, User] | None = None,
) -> list[PersonChange]:
    pairs = [(entry, found.of(directory, entry)) for entry in entries]
    suggested = suggested_numbers.of_many([user.pk for _entry, user in pairs if user is not None])
    # Anyone who gets another username frees the old one for someone else, so two people can swap. If one of them can't
    # get it after all, the old one isn't free, which may stop others: they are planned again.
    giving_up = {user.pk for entry, user in pairs if user is not None and username_of(entry) != user.username}
    while True:
        changes = _plan_once(directory, pairs, found, suggested, admins, giving_up)
        renamed = {change.user_id for change in changes if change.user_id and "username" in change.fields}
        if giving_up <= renamed:
            break
        giving_up -= _stuck(giving_up - renamed, pairs)
    if people is not None:
        people |= {user.pk: user for _entry, user in pairs if user is not None}
    return changes


def _stuck(kept: Collection[int], pairs: Iterable[tuple[PersonEntry, User | None]]) -> set[int]:
    """Return the people who keep their username, with all who wait for such a username."""
    moves = {user.username: (user.pk, username_of(entry)) for entry, user in pairs if user is not None}
    waiting: dict[str | None, list[str]] = {}
    for name, (_pk, new) in moves.items():
        waiting.setdefault(new, []).append(name)
    names = [name for name, (pk, _new) in moves.items() if pk in kept]
    found = set[int](kept)
    while names:
        for other in waiting.get(names.pop(), ()):
            if moves[other][0] not in found:
                found.add(moves[other][0])
                names.append(other)
    return found


def _plan_once(
    directory: Directory,
    pairs: Sequence[tuple[PersonEntry, User | None]],
    found: MatchingPeople,
    suggested: Mapping[int, Mapping[str, str]],
    admins: set[int],
    giving_up: Collection[int],
) -> list[PersonChange]:
    """Plan all entries, if the usernames of some people are free."""
    names = {name: user.pk for name, user in found.by_name.items() if user.pk not in giving_up}
    staying, met, changes = set(admins), set[int](), []
    for entry, one in pairs:
        user = one if one is None or one.pk not in met else None  # an entry before this one had the person
        name = username_of(entry) or ""
        pk = user.pk if user is not None else 0
        change = plan_person(
            directory,
            user,
            entry,
            numbers=suggested.get(pk, {}),
            is_taken=names.get(name, pk) != pk,
            is_last_administrator=staying == {pk},
        )
        if user is not None:
            met.add(pk)
            if not entry.is_active and not change.reason:
                staying.discard(pk)
        if not change.reason:
            names.setdefault(name, pk or -1)
        changes.append(change)
    return changes


def _read(
    directory: Directory, entries: Sequence[PersonEntry], *, locked_with: Collection[int] | None = None
) -> MatchingPeople:
    """Read the people of some entries; or lock them in one order, together with others."""
    keys, names = {entry.key for entry in entries}, {username_of(entry) for entry in entries} - {None}
    may = Q(directory=directory, directory_key__in=keys) | Q(username__in=names)
    emails = set[str]()
    if directory.link_by == LinkBy.EMAIL:
        emails = {fold(email) for entry in entries if (email := email_of(entry))}
        upper = {email.upper() for entry in entries if (email := email_of(entry))}
        mailed = User.objects.alias(mail=Upper("email")).filter(mail__in=upper, directory=None)
        may |= Q(pk__in=mailed.values("pk"))
    rows = User.objects.filter(may)
    if locked_with is not None:
        may |= Q(pk__in=locked_with)
        rows = User.objects.select_for_update(no_key=True).filter(may).order_by("pk")
    found = MatchingPeople()
    for user in rows:
        if user.directory_id == directory.pk and user.directory_key in keys:
            found.by_key[user.directory_key] = user
        if user.username in names:
            found.by_name[user.username] = user
        if user.directory_id is None and fold(user.email) in emails:
            found.by_email.setdefault(fold(user.email), []).append(user)
    return found
