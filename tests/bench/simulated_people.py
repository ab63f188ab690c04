"""People who sign in against the real engine in a simulated time: with a password, a phone and an app."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

HOME, ABROAD = "+4179555", "+371200"


class Simulation:
    """People, a clock and what happens in it. Events run in their order; each may add later ones."""

    def __init__(self, traveller: Any) -> None:
        self._traveller = traveller
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self.lot = random.Random(7)  # noqa: S311  (a simulation, the same each time)
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
        from verification.limits import blocked_ranges, toll_fraud

        minute = self.now
        while minute < until:
            minute += timedelta(minutes=1)
            while self._events and self._events[0][0] <= minute:
                when, _, action = heapq.heappop(self._events)
                self.move(when)
                action()
            self.move(minute)
            toll_fraud.evaluate(now=minute)
            blocked_ranges.forget()


@dataclass
class SimulatedUser:
    """Somebody with a password, a phone and an app. `n` makes name and number."""

    world: Simulation
    n: int
    network: str
    area: str = HOME
    user: Any = None
    device: str = ""
    is_in: bool = False
    n_sent: int = 0
    sessions: int = 0
    enrolments: dict[str, Any] = field(default_factory=dict)

    def make(self, *methods: str) -> "SimulatedUser":
        from django.contrib.auth import get_user_model
        from django.contrib.auth.hashers import make_password

        from verification.models import Enrolment

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
        from verification.context import Context

        more = {"device": self.device} if hasattr(Context(now=self.world.now), "device") else {}
        return Context(now=self.world.now, network=self.network, **more)

    def password(self, text: str = "right", *, network: str = "") -> str:
        """Type a password; gives right, wrong or refused."""
        from dataclasses import replace

        from accounts.signin import password_step
        from verification import limits

        context = (
            replace(self.context(), network=network, **({"device": ""} if self.device else {})) if network else None
        )
        context = context or self.context()
        first = password_step.check(self.user.username, text, context)
        user, gate = first.user, first.gate
        if user is not None:
            limits.password_accepted(user.username, context)  # as `after_correct_password.begin` does next
        return "right" if user else "wrong" if gate.is_open else "refused"

    def ask(self, method: str) -> Any:
        """CheckRequest for a method in a new session, as the page after the password does."""
        from verification import challenges, enrolments, policies
        from verification.models import Purpose

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
        from verification import challenges

        return challenges.answer(issued.handle, text, binding=self._binding(), context=self.context())

    def code(self, issued: Any) -> str:
        """Read the text that went out."""
        from verification.challenges import challenge_data_given_to_methods
        from verification.models import Challenge

        challenge = Challenge.objects.select_related("enrolment", "user").get(handle=issued.handle)
        return str(challenge_data_given_to_methods.of_challenge(challenge, now=self.world.now).code)

    def app(self) -> str:
        from verification.methods.totp.method import code_at

        return code_at(b"12345678901234567890", int(self.world.now.timestamp()) // 30)

    def deliver(self, *, arrives: bool) -> None:
        """Let the carrier take what waits, and say what happened to it."""
        from verification.delivery import dispatch
        from verification.delivery.inbound import applying_delivery_receipts
        from verification.delivery.provider_interface import Receipt
        from verification.models import FailureReason, Message, MessageState

        for message in Message.objects.filter(user=self.user, state=MessageState.QUEUED, challenge__isnull=False):
            dispatch.send(message.pk, now=self.world.now)
            state = MessageState.DELIVERED if arrives else MessageState.UNDELIVERED
            told = Receipt(
                message_id=message.handle, state=state, reason=None if arrives else FailureReason.UNREACHABLE
            )
            applying_delivery_receipts.apply(told, provider="virtual", now=self.world.now)

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
