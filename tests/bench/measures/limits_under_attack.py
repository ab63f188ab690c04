"""Plays offices, outages and attackers against the real engine: who is kept out, what it costs, what is looked at.

`make bench ARGS="--only limits"`: some minutes. The clock is the simulation's, the database and the functions are the
product's own; only the password's hash is a cheap one. The figures of before were made by this file at `_BEFORE_AT`.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import django

from tests.bench.simulated_people import ABROAD, HOME, START, SimulatedUser, Simulation

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


# Scenarios -----------------------------------------------------------------------------------------------------


def office(world: Simulation) -> Result:
    """Five thousand people behind one address sign in by text within the hour, half of them before a quarter past."""
    people = [SimulatedUser(world, n, "192.0.2.7").make("text") for n in range(5000)]
    for person in people:
        when = START + timedelta(minutes=world.lot.uniform(*((0, 15) if person.n % 2 else (15, 55))))
        typing = world.lot.uniform(15, 60)
        if world.lot.random() < 0.05:
            world.at(when - timedelta(seconds=5), partial(person.password, "wrnog"))
        world.at(when, partial(person.signs_in, typing=typing))
    world.run(START + timedelta(minutes=80))
    return Result(kept_out=sum(not person.is_in for person in people), of=len(people), more="not in by 9:20")


def outage(world: Simulation) -> Result:
    """For an hour no text arrives; six hundred people of one range ask three times each, and once again after it."""
    people = [SimulatedUser(world, n, f"198.51.{n % 100}.{n % 250}").make("text") for n in range(600)]

    def in_vain(person: SimulatedUser) -> None:
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


def fraud(accounts: int, area: str) -> Callable[[Simulation], Result]:
    """Fraudsters know so many passwords and ask for texts that nobody types, each six minutes for three hours; a
    hundred honest people of the same range sign in at the same time."""

    def play(world: Simulation) -> Result:
        from verification import conf
        from verification.models import Country

        Country.objects.get_or_create(code="LV")
        places = max(1, accounts // 5)
        thieves = [SimulatedUser(world, n, f"203.0.113.{n % places}", area).make("text") for n in range(accounts)]
        honest = [SimulatedUser(world, 500 + n, f"198.51.100.{n}", area).make("text") for n in range(100)]

        def pump(thief: SimulatedUser) -> None:
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


def stranger(world: Simulation) -> Result:
    """From one address somebody tries fifty names each five minutes for two hours, then each of them once an hour for a
    day; the owners come three times, twice in their own browser and once in a new one."""
    people = [SimulatedUser(world, n, f"198.51.100.{n}").make("totp") for n in range(50)]
    looked_at, refused = 0, set[int]()  # of the stranger's passwords; owners

    def guess(person: SimulatedUser) -> None:
        nonlocal looked_at
        looked_at += person.password("a guess", network="203.0.113.66") == "wrong"

    def come(person: SimulatedUser, *, is_known: bool) -> None:
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


def _cookie(person: SimulatedUser) -> str:
    try:
        from verification.browsers import device_cookies_of_known_browsers
    except ImportError:  # as it was before
        return ""
    return device_cookies_of_known_browsers.remember("", person.user.username)


def patient(world: Simulation) -> Result:
    """Somebody who knows the password tries four app codes four times a day for thirty days; each time the owner signs
    in after it, by the app as well."""
    from verification.models import Message
    from verification.outcomes import Verdict

    owner = SimulatedUser(world, 1, "198.51.100.1").make("totp")
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


def bomber(world: Simulation) -> Result:
    """Somebody who knows the password has the phone ring each minute, for an hour of the night."""
    owner = SimulatedUser(world, 1, "198.51.100.1").make("call", "totp")

    def ring() -> None:
        if owner.password() == "right" and owner.ask("call").issued:
            owner.deliver(arrives=True)

    for at in range(60):
        world.at(START + timedelta(minutes=at), ring)
    world.run(START + timedelta(hours=1))
    issued = owner.ask("totp")
    is_in = issued.issued and owner.answer(issued, owner.app()).proven
    return Result(kept_out=int(not is_in), of=1, money=owner.n_sent * 0.15, more=f"rings {owner.n_sent} times")


SCENARIOS: dict[str, Callable[[Simulation], Result]] = {
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
    import time_machine
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from verification.limits import blocked_ranges, countries_and_prices, spending_limits

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.VERIFICATION_CACHE_SECONDS = 3600  # `World` reads what changes here again
    connection.settings_dict["CONN_MAX_AGE"] = None
    call_command("migrate", verbosity=0)
    for name, play in SCENARIOS.items():
        _empty()
        countries_and_prices.forget()
        spending_limits.forget()
        blocked_ranges.forget()
        with time_machine.travel(START, tick=False) as traveller:
            yield name, play(Simulation(traveller))


def _empty() -> None:
    from django.contrib.auth import get_user_model

    from verification.models import BlockedRange, Challenge, Counter, Failure, Message

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
