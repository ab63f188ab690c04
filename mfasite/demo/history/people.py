"""The people of the history: who they are, which methods they have, where they work. Nobody can sign in as one."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts.models import SecondStep, User
from mfasite.demo.history.timeline import Place
from verification import enrolments, method_registry
from verification.method_base import Draft
from verification.method_capabilities import AppGenerated, Passwordless
from verification.models import Channel, Enrolment

GROUPS = {"Finance": 9, "Sales": 14, "Research": 12, "Production": 16, "Administration": 9}  # people in each
_FIRST = (
    "Lena Marco Sofia Jonas Elif Pavel Nina Oscar Priya Tomas Greta Yusuf Clara Henrik Aisha Bruno Mara Felix Ingrid "
    "Diego Hanna Rafael Julia Samir Olga Victor Emma Kenji Laura Anton"
)
_LAST = (
    "Ammann Bianchi Costa Dietrich Egger Fontana Graber Hofer Imhof Jensen Kovacs Lehmann Marti Novak Ott Pereira "
    "Quaas Rossi Sutter Tanner Ulrich Vogel Wagner Xu Yildiz Zimmermann Baumann Christen Demir Eriksen"
)
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
_AGENTS = (
    f"{_WINDOWS} {_CHROME}",
    f"{_WINDOWS[:-1]}; rv:145.0) Gecko/20100101 Firefox/145.0",
    f"{_MAC} {_SAFARI} Safari/605.1.15",
    f"{_WINDOWS} {_CHROME} Edg/142.0.0.0",
)
_PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1"
_ABROAD = {5: "+491515550", 23: "+336755501", 41: "+436605550"}  # whose phone is from Germany, France, Austria
_WITHOUT = (17, 33, 52)  # who has set up nothing yet


@dataclass
class HistoryPerson:
    """A person, their methods by kind, and the places they sign in from."""

    user: User
    office: Place
    home: Place
    remembers: bool
    texts: Enrolment | None = None
    calls: Enrolment | None = None
    app: Enrolment | None = None
    passkey: Enrolment | None = None
    known: dict[str, datetime] = field(default_factory=dict)  # until when each browser is remembered

    @property
    def methods(self) -> list[Enrolment]:
        """All methods, the preferred one first."""
        return [found for found in (self.passkey, self.app, self.texts, self.calls) if found is not None]


@dataclass(frozen=True)
class Staff:
    """The staff of the history: two at the support desk, a senior one, an operator and an administrator."""

    desk: tuple[User, User]
    senior: User
    operator: User
    administrator: User


def make(chance: random.Random, *, before: datetime) -> list[HistoryPerson]:
    """Create the people, who set up their methods some time before a moment."""
    nobody = make_password(None)
    names = _names(chance)
    found: list[HistoryPerson] = []
    for group_name, size in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=group_name)
        for _n in range(size):
            number, (first, last) = len(found), next(names)
            joined = before - timedelta(days=chance.randrange(20, 900), hours=chance.randrange(10))
            user = _user(f"{first}.{last}", f"{first} {last}", nobody, joined)
            user.groups.add(group)
            found.append(_member(user, number, chance, joined + timedelta(days=1)))
    return found


def make_staff(*, before: datetime) -> Staff:
    """Create the staff of the history. Each has a number and an app."""
    nobody, joined = make_password(None), before - timedelta(days=400)
    made = []
    for place, (name, role) in enumerate(_STAFF):
        user = _user(name.replace(" ", "."), name, nobody, joined)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role))
        _set_up(user, method_registry.names(AppGenerated)[0], {}, joined)
        _set_up(user, method_registry.sending(Channel.TEXT)[0].name, {"number": f"+41765550{180 + place}"}, joined)
        made.append(user)
    noa, levi, kim, otto, ada = made
    return Staff(desk=(noa, levi), senior=kim, operator=otto, administrator=ada)


_STAFF = (
    ("Noa Lindt", "Support desk"),
    ("Levi Brand", "Support desk"),
    ("Kim Sorensen", "Senior support"),
    ("Otto Wirz", "Operators"),
    ("Ada Moreau", "Administrators"),
)


def _names(chance: random.Random) -> Iterator[tuple[str, str]]:
    first, last = _FIRST.split(), _LAST.split()
    chance.shuffle(first)
    chance.shuffle(last)
    yield from zip(first, last, strict=True)
    yield from zip(first[7:] + first[:7], last, strict=True)


def _user(username: str, name: str, nobody: str, joined: datetime) -> User:
    return User.objects.create(
        username=username.lower(),
        name=name,
        email=f"{username.lower()}@example.org",
        password=nobody,
        second_step=SecondStep.ENFORCED,
        date_joined=joined,
    )


def _member(user: User, number: int, chance: random.Random, since: datetime) -> HistoryPerson:
    agent = chance.choice(_AGENTS)
    office = Place(network=f"192.0.2.{10 + number % 4}", agent=agent)
    home = Place(network=f"198.51.100.{10 + number}", agent=_PHONE if chance.random() < 0.4 else agent)
    member = HistoryPerson(user, office, home, remembers=chance.random() < 0.6)
    if number in _WITHOUT:
        User.objects.filter(pk=user.pk).update(second_step=SecondStep.ENABLED)
        return member
    phone = _ABROAD.get(number, "+4179555") + (f"{number:02d}" if number in _ABROAD else f"{2000 + number}")
    has_phone, has_app = chance.random() < 0.85, chance.random() < 0.6
    if has_phone or not has_app:
        member.texts = _set_up(user, method_registry.sending(Channel.TEXT)[0].name, {"number": phone}, since)
        calls = method_registry.sending(Channel.CALL)[0].name
        member.calls = Enrolment.objects.filter(user=user, method=calls, confirmed=True).first()
    if has_app:
        member.app = _set_up(user, method_registry.names(AppGenerated)[0], {}, since)
    if chance.random() < 0.2:
        member.passkey = _passkey(user, chance, since)
    return member


def _set_up(user: User, method: str, fields: dict[str, str], at: datetime) -> Enrolment:
    enrolment = enrolments.draft(user, method_registry.method(method), fields)
    enrolments.confirm(enrolment, now=at)
    return enrolment


def _passkey(user: User, chance: random.Random, at: datetime) -> Enrolment:
    """Set up a passkey that no device has."""
    enrolment = Enrolment(user=user, method=method_registry.names(Passwordless)[0], confirmed=False)
    enrolment.save(force_insert=True)
    key = Draft(address=chance.randbytes(16).hex(), secret=chance.randbytes(32), data={"aaguid": ""})
    enrolments.confirm(enrolment, now=at, draft=key)
    return enrolment
