"""Search among a million users: by username, name, email, number or serial, and by problem."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import invitations, people_search_columns
from accounts.invitations import InvitationState
from accounts.models import Invitation, SecondStep, User
from accounts.models.people import fold
from accounts.support import people_in_desk_scopes
from verification import enrolments, inputs, method_registry, time_format
from verification.db.compiled_queries import Select, Values, bind_each, fill_each
from verification.lazy_text import LazyText

PAGE_SIZE = 25  # people
MAX_PEOPLE_RANKED = 800  # in a search by words
KEPT = ("q", "group", "state", "trouble")  # criteria that the next page keeps
_MAX_CRITERION_LENGTH = 254  # characters
_NUMBER = re.compile(r"[+\d][\d\s()/-]{5,}")
_MAIL = re.compile(r"\S+@\S+\.\w{2,}")
_SERIAL = re.compile(r"(?=.*\d)[A-Za-z\d-]{5,64}")

_SHOWN = (
    *("username", "name", "email", "password", "is_active", "last_login", "second_step", "n_methods", "epoch"),
    *("blocked_until", "second_step_locked_at", "securing_since", "directory__name"),
    *(f"invitation__{name}" for name in ("accepted_at", "ends_at", "epoch", "n_reminders")),
)

TROUBLES: dict[str, LazyText] = {
    "blocked": _("Blocked"),
    "locked": _("Locked"),
    "no_method": _("No method set up"),
    "one_way": _("One method only"),
    **{state.value: label for state, label in invitations.LABELS.items()},
}


@dataclass(frozen=True, kw_only=True)
class PeopleSearch:
    """Search criteria. Empty fields do not filter. `after` and `before` are the usernames at a page's edges."""

    text: str = ""
    group: int | None = None
    state: str = ""
    trouble: str = ""
    after: str = ""
    before: str = ""


def read(sent: Mapping[str, str]) -> PeopleSearch:
    """Read search criteria. Unreadable ones are ignored."""
    text = {
        name: inputs.shortened(sent.get(name), max_length=_MAX_CRITERION_LENGTH) for name in (*KEPT, "after", "before")
    }
    return PeopleSearch(
        text=text["q"],
        group=inputs.number(text["group"]),
        state=text["state"],
        trouble=text["trouble"],
        after=text["after"],
        before=text["before"],
    )


def kept(search: PeopleSearch) -> dict[str, str]:
    """Return the criteria as query parameters for another page."""
    words = {"q": search.text, "group": str(search.group or ""), "state": search.state, "trouble": search.trouble}
    return {name: text for name, text in words.items() if text}


@dataclass(frozen=True)
class PersonRow:
    """One user in the list, in words. `state` is empty for people with the usual state of the second step."""

    key: str
    username: str
    name: str
    email: str
    state: str
    methods: str
    notes: tuple[tuple[str, str], ...]
    last: str
    directory: str = ""


@dataclass(frozen=True)
class PeoplePage:
    """One page of users by username. `after` and `before` lead to the next pages; empty where there is none.

    `n` counts all that were found, up to one more than the caller wanted to know.
    """

    rows: tuple[PersonRow, ...] = ()
    after: str = ""
    before: str = ""
    n: int = 0


@dataclass(frozen=True)
class _Reading:
    """One way to read a text: the users that it finds. `is_common` marks words that may find very many."""

    people: QuerySet[User]
    is_common: bool = False


def find(staff: User, search: PeopleSearch, *, now: datetime, most: int = MAX_PEOPLE_RANKED) -> PeoplePage:
    """Return one page of the users this member of staff may see, and how many there are, counted to `most`."""
    people = _filtered(people_in_desk_scopes.visible(staff), search, now)
    pages = (_page(reading, search, now, most) for reading in _readings(people, search.text.strip()))
    return next((page for page in pages if page.rows), PeoplePage())


def matching(
    staff: User, search: PeopleSearch, *, now: datetime, most: int | None = MAX_PEOPLE_RANKED
) -> QuerySet[User]:
    """Return all users that a search finds, unordered. Of a search by words, at most `most`."""
    *exactly, last = _readings(_filtered(people_in_desk_scopes.visible(staff), search, now), search.text.strip())
    found = next((reading for reading in exactly if reading.people.exists()), last)
    is_cut = found.is_common and most is not None
    return User.objects.filter(pk__in=found.people.values("pk")[:most]) if is_cut else found.people


def _page(reading: _Reading, search: PeopleSearch, now: datetime, most: int) -> PeoplePage:
    counted = None
    if reading.is_common:
        # For a common word the names of up to 800 users are read, in no order, and sorted here. In the order of names
        # the database would pass over a million users to find those at the end.
        names = sorted(reading.people.values_list("username", "pk")[:MAX_PEOPLE_RANKED])
        counted = len(names)
        page = _named(_window(names, search))
    elif search.before:
        earlier = _shown(reading.people).filter(username__lt=search.before).order_by("-username")
        page = list(earlier[: PAGE_SIZE + 1])[::-1]
    else:
        page = list(_shown(reading.people).filter(username__gt=search.after).order_by("username")[: PAGE_SIZE + 1])
    is_longer = len(page) > PAGE_SIZE
    page = page[-PAGE_SIZE:] if search.before else page[:PAGE_SIZE]
    has_more, has_former = (True, is_longer) if search.before else (is_longer, bool(search.after))
    after = page[-1].username if page and has_more else ""
    before = page[0].username if page and has_former else ""
    if counted is None:
        counted = reading.people[: most + 1].count() if after or before else len(page)
    return PeoplePage(tuple(_rows(page, now)) if page else (), after, before, min(counted, most + 1))


def _window(names: list[tuple[str, int]], search: PeopleSearch) -> list[int]:
    """Choose one page and one user more from sorted names, as the database does."""
    if search.before:
        return [pk for name, pk in names if name < search.before][-PAGE_SIZE - 1 :]
    return [pk for name, pk in names if name > search.after][: PAGE_SIZE + 1]


def _shown(people: QuerySet[User]) -> QuerySet[User]:
    """Choose what a row shows, and of the person's invitation and directory as well."""
    return people.select_related("directory", "invitation").only(*_SHOWN)


_NAMED = Select(lambda: _shown(User.objects.filter(pk__in=bind_each("pk", PAGE_SIZE + 1))))


def _named(keys: list[int]) -> list[User]:
    """Read users by key, in this order. One who was deleted in between is missing."""
    found = {person.pk: person for person in (_NAMED.all(**fill_each("pk", keys, PAGE_SIZE + 1)) if keys else ())}
    return [found[key] for key in keys if key in found]


def _filtered(people: QuerySet[User], search: PeopleSearch, now: datetime) -> QuerySet[User]:
    if search.group:
        members = User.groups.through.objects.filter(user=OuterRef("pk"), group=search.group)
        people = people.filter(Exists(members))
    if search.state in SecondStep.values:
        people = people.filter(second_step=search.state)
    troubles: Mapping[str, Q] = {
        "no_method": Q(n_methods=0),
        "one_way": Q(n_methods=1),
        "locked": Q(second_step_locked_at__isnull=False),
        "blocked": Q(blocked_until__gt=now),
    }
    if search.trouble in invitations.LABELS:
        return people.filter(invitations.matching(InvitationState(search.trouble), now))
    return people.filter(troubles[search.trouble]) if search.trouble in troubles else people


def _readings(people: QuerySet[User], text: str) -> list[_Reading]:
    """Return the ways to read a text, exact ones first. The first that finds anybody is used.

    A complete number, email or serial is looked up. Otherwise each word is searched in the columns of
    `people_search_columns`.
    """
    if not text:
        return [_Reading(people)]
    words = Q()
    for word in text.split():
        forms = people_search_columns.forms_of(word)
        words &= Q.create([("found_by__contains", form) for form in forms], connector=Q.OR)
    by_words = _Reading(people.filter(words), is_common=True)
    if _MAIL.fullmatch(text):
        return [_Reading(people.alias(mail=Upper("email")).filter(mail=text.upper())), by_words]
    if _NUMBER.fullmatch(text) or _SERIAL.fullmatch(text):
        return [_Reading(people.filter(pk__in=enrolments.people_of_address(text))), by_words]
    return [by_words]


_METHODS = Values(
    lambda: (
        enrolments.of_many(User.objects.filter(pk__in=bind_each("pk", PAGE_SIZE)))
        .order_by("created_at", "pk")
        .values_list("user", "method")
    )
)


def _rows(page: list[User], now: datetime) -> list[PersonRow]:
    names = {name: str(method.label) for name, method in method_registry.methods().items()}
    mine: dict[int, list[str]] = {person.pk: [] for person in page}
    for user, method in _METHODS.all(**fill_each("pk", list(mine), PAGE_SIZE)):
        label = names.get(method, method)
        if label not in mine[user]:
            mine[user].append(label)
    states = {SecondStep.ENFORCED: _("Second step enforced"), SecondStep.DISABLED: _("Second step disabled")}
    return [
        PersonRow(
            str(person.pk),
            person.username,
            person.name,
            person.email,
            str(states.get(SecondStep(person.second_step), "")),
            ", ".join(mine[person.pk]),
            tuple(_notes(person, now)),
            time_format.short_moment(person.last_login) if person.last_login else "",
            str(person.directory or ""),
        )
        for person in page
    ]


def _invitation(person: User) -> Invitation | None:
    """Return the invitation that was read with a person."""
    try:
        return person.invitation
    except Invitation.DoesNotExist:
        return None


def _notes(person: User, now: datetime) -> list[tuple[str, str]]:
    invited = invitations.state_of(person, _invitation(person), now)
    table = [
        (not person.is_active, "bad", _("Switched off")),
        (bool(person.blocked_until and person.blocked_until > now), "bad", _("Blocked")),
        (person.second_step_locked_at is not None, "bad", _("Locked")),
        (person.securing_since is not None, "warn", _("Securing the account")),
        (invited is not None, "warn" if invited is InvitationState.EXPIRED else "", invited.label if invited else ""),
        (person.n_methods == 0, "warn", _("No method")),
        (person.n_methods == 1, "", _("One method")),
    ]
    return [(kind, str(words)) for applies, kind, words in table if applies]


# By exact name ----------------------------------------------------------------------------------------------------


class NotOnePerson(ValueError):
    """A name means nobody, or several people share this email address. The message is for staff."""


def named(people: QuerySet[User], names: Iterable[str]) -> dict[str, list[User]]:
    """Return whom each name means, by its folded form: who has this username, or else all who have this email address.

    Email addresses are found in any case, as other systems write them.
    """
    texts = {name.strip() for name in names if name and inputs.flaw(name) is None}
    folded, upper = {fold(name) for name in texts}, {name.upper() for name in texts}
    # Databases change case in fewer letters than Python does.
    is_named = Q(username__in=folded) | Q(email__in=texts) | Q(mail__in=upper)
    found = list(people.alias(mail=Upper("email")).filter(is_named).order_by("pk"))
    meant: dict[str, list[User]] = {}
    for user in found:
        if user.email:
            meant.setdefault(fold(user.email), []).append(user)
    return meant | {user.username: [user] for user in found if user.username in folded}


def only(people: QuerySet[User], name: str) -> User:
    """Return the one user whom a name means among those that a member of staff sees. Errors: `NotOnePerson`."""
    return only_of(named(people, [name]).get(fold(name), []))


def only_of(meant: list[User]) -> User:
    """Return the one user whom a name means, of those that it may mean. Errors: `NotOnePerson`."""
    if not meant:
        raise NotOnePerson(
            gettext("You can’t help anyone with this username or email address. Check it and try again.")
        )
    if len(meant) > 1:
        words = gettext("%(n)d people have this email address. Enter the username of the one you mean instead.")
        raise NotOnePerson(words % {"n": len(meant)})
    return meant[0]
