"""Plays offices, outages and attackers against the real engine: who is kept out, what it costs, what is looked at.

`make bench ARGS="--only limits"`: some minutes. The clock is the simulation's, the database and the functions are the
product's own; only the password's hash is a cheap one. The figures of before were made by this file at `_BEFORE_AT`.
"""

import heapq
import logging
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import django

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOME, ABROAD = "+4179555", "+371200"
_BEFORE_AT = "f461332"


@dataclass
class Result:
    """What came of one scenario. Units: `money` in the organisation's currency."""

    kept_out: int = 0
    of: int = 0
    money: float = 0
    guesses: int = 0
    more: str = ""


BEFORE = {
    "an office of 5,000 behind one address": Result(4400),
    "a carrier's outage of an hour, 600 people": Result(600),
    "toll fraud at home, 3 accounts": Result(66, money=2.48),
    "toll fraud at home, 300 accounts": Result(100, money=24.08),
    "toll fraud abroad, 3 accounts": Result(66, money=2.48),
    "toll fraud abroad, 300 accounts": Result(100, money=8.00),
    "a stranger with 50 user names, a day": Result(50, guesses=1800),
    "a patient guesser, thirty days": Result(0, guesses=480, more="never told"),
    "calls through the night, an hour": Result(0, money=1.50, more="rings 10 times"),
}


class World:
    """People, a clock and what happens in it. Events run in their order; each may add later ones."""

    def __init__(self, traveller: Any) -> None:
        self._traveller = traveller
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self.lot = random.Random(7)  # noqa: S311 - a simulation, the same each time
        self.now = START
        self._n = 0

    def at(self, when: datetime, action: Callable[[], object]) -> None:
        self._n += 1
        heapq.heappush(self._events, (when, self._n, action))

    def later(self, action: Callable[[], None], **span: float) -> None:
        self.at(self.now + timedelta(**span), action)

    def move(self, when: datetime) -> None:
        """Let time pass in which nothing is sent."""
        self.now = when
        self._traveller.move_to(when)

    def run(self, until: datetime) -> None:
        """Let time pass, and have the ranges evaluated each minute, as the clock of the product does."""
        from verification.limits import toll_fraud  # noqa: PLC0415 - Django is ready only now

        minute = self.now
        while minute < until:
            minute += timedelta(minutes=1)
            while self._events and self._events[0][0] <= minute:
                when, _, action = heapq.heappop(self._events)
                self.move(when)
                action()
            self.move(minute)
            toll_fraud.evaluate(now=minute)
            toll_fraud.forget()


@dataclass
class Player:
    """Somebody with a password, a phone and an app. `n` makes name and number."""

    world: World
    n: int
    network: str
    area: str = HOME
    user: Any = None
    device: str = ""
    is_in: bool = False
    n_sent: int = 0
    sessions: int = 0
    enrolments: dict[str, Any] = field(default_factory=dict)

    def make(self, *methods: str) -> "Player":
        from django.contrib.auth import get_user_model  # noqa: PLC0415
        from django.contrib.auth.hashers import make_password  # noqa: PLC0415

        from verification.models import Enrolment  # noqa: PLC0415

        self.user = get_user_model().objects.create(
            username=f"{self.area[1:]}-{self.n}", email=f"{self.n}@example.org", password=make_password("right")
        )
        for at, method in enumerate(methods):
            enrolment = Enrolment(user=self.user, method=method, confirmed=True, is_default=not at)
            if method in {"text", "call"}:
                enrolment.address = f"{self.area}{self.n:0{12 - len(self.area)}d}"
            else:
                enrolment.secret = b"12345678901234567890"
            enrolment.confirmed_at = START - timedelta(days=90)
            enrolment.save()
            self.enrolments[method] = enrolment
        return self

    def context(self) -> Any:
        from verification.context import Context  # noqa: PLC0415

        more = {"device": self.device} if hasattr(Context(now=self.world.now), "device") else {}
        return Context(now=self.world.now, network=self.network, **more)

    def password(self, text: str = "right", *, network: str = "") -> str:
        """Type a password; gives right, wrong or refused."""
        from dataclasses import replace  # noqa: PLC0415

        from accounts.signin import password_step  # noqa: PLC0415
        from verification import limits  # noqa: PLC0415

        context = (
            replace(self.context(), network=network, **({"device": ""} if self.device else {})) if network else None
        )
        context = context or self.context()
        first = password_step.check(self.user.username, text, context)
        user, gate = first.user, first.gate
        if user is not None:
            limits.password_accepted(user.username, context)  # as `flow.begin` does next
        return "right" if user else "wrong" if gate.is_open else "refused"

    def ask(self, method: str) -> Any:
        """CheckRequest for a method in a new session, as the page after the password does."""
        from verification import challenges, enrolments, policies  # noqa: PLC0415
        from verification.models import Purpose  # noqa: PLC0415

        self.sessions += 1
        mine = {each.enrolment.method: each for each in enrolments.confirmed(self.user.pk)}
        outcome = challenges.start(
            mine[method].enrolment,
            user=self.user,
            purpose=Purpose.SIGN_IN,
            binding=self._binding(),
            context=self.context(),
            rules=policies.rules_for(self.user.pk),
            known=mine[method].limits,
        )
        self.n_sent += outcome.issued and method in {"text", "call"}
        return outcome

    def _binding(self) -> str:
        return f"{self.user.pk} {self.sessions}"

    def answer(self, issued: Any, text: str) -> Any:
        from verification import challenges  # noqa: PLC0415

        return challenges.answer(issued.handle, text, binding=self._binding(), context=self.context())

    def code(self, issued: Any) -> str:
        """Read the text that went out."""
        from verification.challenges import queries  # noqa: PLC0415
        from verification.models import Challenge  # noqa: PLC0415

        challenge = Challenge.objects.select_related("enrolment", "user").get(handle=issued.handle)
        return str(queries.data_for_method(challenge, now=self.world.now).code)

    def app(self) -> str:
        from verification.methods.totp.method import code_at  # noqa: PLC0415

        return code_at(b"12345678901234567890", int(self.world.now.timestamp()) // 30)

    def deliver(self, *, arrives: bool) -> None:
        """Let the carrier take what waits, and say what happened to it."""
        from verification.delivery import dispatch  # noqa: PLC0415
        from verification.delivery.inbound import receipts  # noqa: PLC0415
        from verification.delivery.provider import Receipt  # noqa: PLC0415
        from verification.models import Message, MessageState, Reason  # noqa: PLC0415

        for message in Message.objects.filter(user=self.user, state=MessageState.QUEUED, challenge__isnull=False):
            dispatch.send(message.pk, now=self.world.now)
            state = MessageState.DELIVERED if arrives else MessageState.UNDELIVERED
            told = Receipt(message_id=message.handle, state=state, reason=None if arrives else Reason.UNREACHABLE)
            receipts.apply(told, provider="virtual", now=self.world.now)

    def signs_in(self, *, typing: float, tries: int = 3) -> None:
        """Sign in by text: the password, the code when it is there; refused, again after ten minutes."""

        def again() -> None:
            if tries > 1:
                self.world.later(lambda: self.signs_in(typing=typing, tries=tries - 1), minutes=10)

        if self.password() != "right" or not (issued := self.ask("text")).issued:
            again()
            return
        session = self.sessions

        def type_it() -> None:
            if session == self.sessions:
                self.is_in = bool(self.answer(issued, self.code(issued)).proven)

        self.world.later(type_it, seconds=typing)


# Scenarios -----------------------------------------------------------------------------------------------------


def office(world: World) -> Result:
    """Five thousand people behind one address sign in by text within the hour, half of them before a quarter past."""
    people = [Player(world, n, "192.0.2.7").make("text") for n in range(5000)]
    for person in people:
        when = START + timedelta(minutes=world.lot.uniform(*((0, 15) if person.n % 2 else (15, 55))))
        typing = world.lot.uniform(15, 60)
        if world.lot.random() < 0.05:
            world.at(when - timedelta(seconds=5), partial(person.password, "wrnog"))
        world.at(when, partial(person.signs_in, typing=typing))
    world.run(START + timedelta(minutes=80))
    return Result(kept_out=sum(not person.is_in for person in people), of=len(people), more="not in by 9:20")


def outage(world: World) -> Result:
    """For an hour no text arrives; six hundred people of one range ask three times each, and once again after it."""
    people = [Player(world, n, f"198.51.{n % 100}.{n % 250}").make("text") for n in range(600)]

    def in_vain(person: Player) -> None:
        if person.password() == "right" and person.ask("text").issued:
            person.deliver(arrives=False)

    for person in people:
        first = START + timedelta(minutes=world.lot.uniform(0, 57))
        for at in range(3):
            world.at(first + timedelta(minutes=at), partial(in_vain, person))
        after = START + timedelta(minutes=world.lot.uniform(61, 90))
        world.at(after, partial(person.signs_in, typing=30, tries=1))
    world.run(START + timedelta(minutes=95))
    return Result(
        kept_out=sum(not person.is_in for person in people), of=len(people), more="after the outage, at the first try"
    )


def fraud(accounts: int, area: str) -> Callable[[World], Result]:
    """Fraudsters know so many passwords and ask for texts that nobody types, each six minutes for three hours; a
    hundred honest people of the same range sign in at the same time."""

    def play(world: World) -> Result:
        from verification import conf  # noqa: PLC0415
        from verification.models import Country  # noqa: PLC0415

        Country.objects.get_or_create(code="LV")
        places = max(1, accounts // 5)
        thieves = [Player(world, n, f"203.0.113.{n % places}", area).make("text") for n in range(accounts)]
        honest = [Player(world, 500 + n, f"198.51.100.{n}", area).make("text") for n in range(100)]

        def pump(thief: Player) -> None:
            if thief.password() == "right" and thief.ask("text").issued:
                thief.deliver(arrives=True)

        for minute in range(0, 180, 6):
            for thief in thieves:
                when = START + timedelta(minutes=minute, seconds=thief.n % 360)
                world.at(when, partial(pump, thief))
        for person in honest:
            when = START + timedelta(minutes=world.lot.uniform(10, 170))
            world.at(when, partial(person.signs_in, typing=30, tries=1))
        world.run(START + timedelta(minutes=185))
        sent = sum(thief.n_sent for thief in thieves)
        return Result(
            kept_out=sum(not person.is_in for person in honest), of=len(honest), money=sent * float(conf.text_price())
        )

    return play


def stranger(world: World) -> Result:
    """From one address somebody tries fifty names each five minutes for two hours, then each of them once an hour for a
    day; the owners come three times, twice in their own browser and once in a new one."""
    people = [Player(world, n, f"198.51.100.{n}").make("totp") for n in range(50)]
    looked_at, refused = 0, set[int]()  # of the stranger's passwords; owners

    def guess(person: Player) -> None:
        nonlocal looked_at
        looked_at += person.password("a guess", network="203.0.113.66") == "wrong"

    def come(person: Player, *, is_known: bool) -> None:
        device, person.device = person.device, person.device if is_known else ""
        if person.password() != "right":
            refused.add(person.n)
        person.device = device

    for person in people:
        person.device = _cookie(person)
        for at in range(24):
            world.at(START + timedelta(minutes=5 * at), partial(guess, person))
        for hour in range(2, 24):
            world.at(START + timedelta(hours=hour), partial(guess, person))
        for hours, is_known in ((1.7, True), (5.2, False), (9.1, True)):
            world.at(START + timedelta(hours=hours), partial(come, person, is_known=is_known))
    world.run(START + timedelta(hours=24))
    return Result(kept_out=len(refused), of=len(people), guesses=looked_at)


def _cookie(person: Player) -> str:
    try:
        from verification.browsers import known_browsers  # noqa: PLC0415
    except ImportError:  # as it was before
        return ""
    return known_browsers.remember("", person.user.username)


def patient(world: World) -> Result:
    """Somebody who knows the password tries four app codes four times a day for thirty days; each time the owner signs
    in after it, by the app as well."""
    from verification.models import Message  # noqa: PLC0415
    from verification.outcomes import Verdict  # noqa: PLC0415

    owner = Player(world, 1, "198.51.100.1").make("totp")
    looked_at, kept_out_at = 0, list[datetime]()

    def round_of() -> None:
        nonlocal looked_at
        issued = owner.ask("totp")
        for at in range(4):
            looked_at += issued.issued and owner.answer(issued, f"00000{at}").verdict is Verdict.WRONG
        issued = owner.ask("totp")
        if not (issued.issued and owner.answer(issued, owner.app()).proven):
            kept_out_at.append(world.now)

    for at in range(120):
        world.move(START + timedelta(hours=6 * at))
        round_of()
    told = Message.objects.filter(kind="mail").order_by("pk")
    first = f"told {told.count()} times, first on day {(told[0].created_at - START).days + 1}" if told else "never told"
    return Result(kept_out=int(bool(kept_out_at)), of=1, guesses=looked_at, more=first)


def bomber(world: World) -> Result:
    """Somebody who knows the password has the phone ring each minute, for an hour of the night."""
    owner = Player(world, 1, "198.51.100.1").make("call", "totp")

    def ring() -> None:
        if owner.password() == "right" and owner.ask("call").issued:
            owner.deliver(arrives=True)

    for at in range(60):
        world.at(START + timedelta(minutes=at), ring)
    world.run(START + timedelta(hours=1))
    issued = owner.ask("totp")
    is_in = issued.issued and owner.answer(issued, owner.app()).proven
    return Result(kept_out=int(not is_in), of=1, money=owner.n_sent * 0.15, more=f"rings {owner.n_sent} times")


SCENARIOS: dict[str, Callable[[World], Result]] = {
    "an office of 5,000 behind one address": office,
    "a carrier's outage of an hour, 600 people": outage,
    "toll fraud at home, 3 accounts": fraud(3, HOME),
    "toll fraud at home, 300 accounts": fraud(300, HOME),
    "toll fraud abroad, 3 accounts": fraud(3, ABROAD),
    "toll fraud abroad, 300 accounts": fraud(300, ABROAD),
    "a stranger with 50 user names, a day": stranger,
    "a patient guesser, thirty days": patient,
    "calls through the night, an hour": bomber,
}


def measure() -> Iterator[tuple[str, Result]]:
    """Play each scenario on an empty database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    logging.disable(logging.WARNING)
    import time_machine  # noqa: PLC0415 - Django is ready only now
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from verification.limits import toll_fraud  # noqa: PLC0415

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.VERIFICATION_CACHE_SECONDS = 3600  # `World` reads what changes here again
    connection.settings_dict["CONN_MAX_AGE"] = None
    call_command("migrate", verbosity=0)
    for name, play in SCENARIOS.items():
        _empty()
        toll_fraud.forget()
        with time_machine.travel(START, tick=False) as traveller:
            yield name, play(World(traveller))


def _empty() -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from verification.models import BlockedRange, Challenge, Counter, Failure, Message  # noqa: PLC0415

    for model in (Message, Challenge, Counter, Failure, BlockedRange, get_user_model()):
        model.objects.all().delete()


def report() -> None:
    """Play and print, before beside after."""
    head = f"{'':44}{'kept out':>20}{'money':>18}{'guesses':>16}"
    sys.stdout.write(f"\nLimits: before ({_BEFORE_AT}) → after\n{head}\n")
    for name, after in measure():
        sys.stdout.write(f"{_line(name, BEFORE.get(name), after)}\n")
        sys.stdout.flush()


def _line(name: str, before: Result | None, after: Result) -> str:
    former = before or after
    cells = [
        f"{former.kept_out} → {after.kept_out} of {after.of}",
        f"{former.money:.2f} → {after.money:.2f}" if former.money or after.money else "",
        f"{former.guesses} → {after.guesses}" if former.guesses or after.guesses else "",
    ]
    more = " → ".join(dict.fromkeys(each.more for each in (before, after) if each and each.more))
    return f"{name:44}{cells[0]:>20}{cells[1]:>18}{cells[2]:>16}  {more}".rstrip()


if __name__ == "__main__":
    report()
