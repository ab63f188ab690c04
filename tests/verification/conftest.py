"""Fixtures for the engine: a user with methods, a fixed clock, and the messages that a provider was given."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from django_otp.oath import totp
from pytest_django import Settings

from tests.infrastructure.concurrency import ConcurrentThreads
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.infrastructure.rounds import rounds
from tests.settings import KEYS
from tests.simulated.people import Clock, clock
from verification import challenges, enrolments, policies
from verification.challenges import challenge_data_given_to_methods
from verification.context import Context
from verification.delivery import dispatch
from verification.delivery.providers.virtual.models import Delivery
from verification.models import (
    Challenge,
    Enrolment,
    Message,
    MessageState,
    Purpose,
)
from verification.outcomes import Outcome

__all__ = ["clock"]

NUMBER = "079 555 12 34"
BINDING = "a session"
N_AT_ONCE = rounds(20, 50)  # racing requests


@dataclass
class EngineUser:
    """What a test needs to act as one user of the engine."""

    user: Any
    context: Context

    @property
    def rules(self) -> policies.Rules:
        return policies.rules_for(self.user.pk)

    def later(self, **span: float) -> "EngineUser":
        return EngineUser(self.user, replace(self.context, now=self.context.now + timedelta(**span)))

    def enrolment(self, method: str) -> Enrolment:
        found: Enrolment = Enrolment.objects.get(user=self.user, method=method)
        return found

    def start(self, method: str, *, binding: str = BINDING, **more: Any) -> Outcome:
        return challenges.start(
            self.enrolment(method),
            user=self.user,
            purpose=more.pop("purpose", Purpose.SIGN_IN),
            binding=binding,
            context=self.context,
            rules=self.rules,
            **more,
        )

    def answer(self, issued: Outcome, text: str, *, binding: str = BINDING) -> Outcome:
        return challenges.answer(issued.handle, text, binding=binding, context=self.context)

    def resend(self, issued: Outcome, *, binding: str = BINDING) -> Outcome:
        return challenges.resend(issued.handle, binding=binding, context=self.context)

    def collect(self, issued: Outcome, *, binding: str = BINDING) -> Outcome:
        return challenges.collect(issued.handle, binding=binding, context=self.context)

    def deliver(self) -> list[Delivery]:
        """Send everything that waits, as a worker does, and return what the carrier got, newest last."""
        for pk in Message.objects.filter(state=MessageState.QUEUED).order_by("pk").values_list("pk", flat=True):
            dispatch.send(pk, now=self.context.now)
        return list(Delivery.objects.order_by("pk"))

    def code(self, issued: Outcome) -> str:
        """Return the code in the newest text or call of a challenge."""
        challenge = Challenge.objects.select_related("enrolment", "user").get(handle=issued.handle)
        return challenge_data_given_to_methods.of_challenge(challenge, now=self.context.now).code

    def match(self, issued: Outcome) -> str:
        shown = challenges.show(issued.handle, binding=BINDING, now=self.context.now)
        assert shown is not None
        return shown.match_code


def app_code(enrolment: Enrolment, now: datetime) -> str:
    """Return the current code of the user's authenticator app, computed by the library alone."""
    elapsed = int(now.timestamp())
    return f"{totp(enrolment.secret, step=30, t0=int(timezone.now().timestamp()) - elapsed):06d}"


@pytest.fixture
def engine_user(db: None, clock: Clock) -> EngineUser:
    """A user without methods."""
    return SET_UPS.run("engine_user", (), _engine_user)


def _engine_user() -> EngineUser:
    user = get_user_model().objects.create_user(username="ana", email="ana@example.org", password="not used here")
    return EngineUser(user, Context(now=timezone.now(), network="192.0.2.7", agent="a test"))


@pytest.fixture
def opal(db: None) -> str:
    """The email address of an operator, whose colleague has left."""
    for name, is_active in (("opal", True), ("otto", False)):
        user = get_user_model().objects.create_user(name, f"{name}@example.org", is_active=is_active)
        user.groups.add(Group.objects.get(name="Operators"))
    return "opal@example.org"


@pytest.fixture
def ana(engine_user: EngineUser) -> EngineUser:
    """A user with text and call on one number, and an authenticator app."""
    return SET_UPS.run("ana", (), lambda: equip(engine_user))


def equip(engine_user: EngineUser, *, number: str = NUMBER) -> EngineUser:
    """Set up a user's methods through the engine, as the registration pages do."""
    issued = challenges.enrol(
        engine_user.user,
        "text",
        {"country": "CH", "number": number},
        binding=BINDING,
        context=engine_user.context,
        rules=engine_user.rules,
    )
    assert engine_user.answer(issued, engine_user.code(issued)).proven
    issued = challenges.enrol(
        engine_user.user, "totp", {}, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )
    app = Enrolment.objects.get(user=engine_user.user, method="totp")
    before = engine_user.context.now - timedelta(seconds=30)
    assert engine_user.answer(issued, app_code(app, before)).proven
    Message.objects.all().delete()
    return engine_user


def address_of_database() -> str:
    """Return the URL of this test's database, for another process."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parts['NAME']}"
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    password = f":{parts['PASSWORD']}" if parts["PASSWORD"] else ""
    return f"postgres://{parts['USER']}{password}@{parts['HOST']}{port}/{parts['NAME']}"


def for_workers(home: Path, *, broker: str, url: str, **more: str) -> dict[str, str]:
    """Return the environment of processes that share this test's database and queues."""
    here = {
        "DJANGO_SETTINGS_MODULE": "mfasite.settings",
        "DEMO_DIR": str(home),
        "DATABASE_URL": address_of_database(),
        "REDIS_URL": url,
        "BROKER_PREFIX": broker,
    }
    return os.environ | KEYS | here | more


@pytest.fixture
def threads() -> ConcurrentThreads:
    return ConcurrentThreads(N_AT_ONCE)


@pytest.fixture
def racer(transactional_db: None, settings: Settings) -> EngineUser:
    """Return a person with all methods. Recovery codes are hashed cheaply: the hash is no part of any race."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = get_user_model().objects.create_user(username="ana", email="ana@example.org", password="not used here")
    engine_user = equip(EngineUser(user, Context(now=timezone.now(), network="192.0.2.7")))
    enrolments.issue_recovery_codes(user, engine_user.context, method_name="recovery")
    return engine_user
