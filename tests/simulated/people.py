"""Simulated people: each has a browser and a phone. The engine sets up their methods; the tests use HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone
from django_otp.oath import totp

from accounts.models import User
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.simulated.http_browser import Browser, Page
from tests.simulated.virtual_phone import Phone, carry
from verification import enrolments, method_registry
from verification.context import Context
from verification.delivery import dispatch
from verification.models import Challenge, Enrolment, Message, MessageState

PASSWORD = "blue-lamp-on-monday"
ANAS, BENS, OFFICE = "+41795550123", "+41785550145", "+41445550167"
MORNING = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)

DIFFERENT, OPTIONS = "Use a different verification option", "/sign-in/options/"


@cache
def _hashed() -> str:
    """Hash the test users' password once, which saves 24 ms per user."""
    return make_password(PASSWORD)


class Clock:
    """The clock of a test. It stands still until it is moved."""

    def __init__(self, coordinates: time_machine.Traveller) -> None:
        self._coordinates = coordinates

    @property
    def now(self) -> datetime:
        return timezone.now()

    def forward(self, **span: float) -> None:
        """Move the clock forward."""
        self._coordinates.shift(timedelta(**span))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Stop the clock on a Monday morning."""
    with time_machine.travel(MORNING, tick=False) as coordinates:
        yield Clock(coordinates)


def work() -> None:
    """Send waiting messages, as a worker does, and let the carrier call back."""
    for pk in Message.objects.filter(state=MessageState.QUEUED).order_by("pk").values_list("pk", flat=True):
        dispatch.send(pk)
    carry()


@dataclass
class Person:
    """A test user. `codes` are their recovery codes."""

    user: User
    phone: Phone
    browser: Browser = field(default_factory=Browser)
    codes: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.browser.shown

    def set_up(self, *methods: str) -> "Person":
        """Set up and confirm methods without HTTP."""
        key = (self.user.pk, self.phone.number, methods)
        self.user.__dict__.update(SET_UPS.run("set_up", key, lambda: self._set_up(methods)))
        return self

    def _set_up(self, methods: tuple[str, ...]) -> dict[str, Any]:
        now = timezone.now()
        for name in methods:
            draft = enrolments.draft(self.user, method_registry.method(name), {"number": self.phone.number})
            enrolments.confirm(draft, now=now)
        return vars(self.user)

    def print_codes(self) -> "Person":
        """Create recovery codes."""
        self.codes, told = SET_UPS.run("print_codes", (self.user.pk,), self._print_codes)
        self.user.__dict__.update(told)
        return self

    def _print_codes(self) -> tuple[list[str], dict[str, Any]]:
        codes = enrolments.issue_recovery_codes(self.user, Context(now=timezone.now()), method_name="recovery")
        Message.objects.all().delete()
        return list(codes), vars(self.user)

    def enrolment(self, method: str) -> Enrolment:
        found: Enrolment = Enrolment.objects.get(user=self.user, method=method)
        return found

    def give_password(self, password: str = PASSWORD, *, to: str = "/sign-in/") -> Page:
        """Enter name and password on the sign-in page."""
        return self._kept(
            "give_password", (self.user.username, password, to), lambda: self._give_password(password, to)
        )

    def _give_password(self, password: str, to: str) -> None:
        self.browser.go(to)
        self.browser.press("Sign in", username=self.user.username, password=password)

    def _kept(self, name: str, key: tuple[Any, ...], do: Callable[[], None]) -> Page:
        """Do something in the browser, or what it did in another test."""

        def done() -> tuple[Page | None, Any]:
            do()
            return self.browser.page, self.browser.client.cookies

        before = (self.browser.client.cookies.output(), repr(self.browser.client.defaults))
        self.browser.page, self.browser.client.cookies = SET_UPS.run(name, (self.user.pk, *key, *before), done)
        return self.page

    def choose(self, label: str) -> Page:
        """Choose another option from the list."""
        self.browser.follow(DIFFERENT)
        return self.browser.press(label)

    def read_text(self) -> str:
        """Wait for the text and return its code."""
        work()
        return self.phone.code()

    def read_app(self) -> str:
        """Return the authenticator app's current code."""
        return f"{totp(self.enrolment('totp').secret):06d}"

    def verify(self, code: str, **fields: str) -> Page:
        """Enter a code."""
        return self.browser.press("Verify", code=code, **fields)

    def sign_in(self, *, to: str = "/sign-in/", **fields: str) -> Page:
        """Sign in with the authenticator app. The pages in between are not opened, because a GET changes nothing."""
        return self._kept("sign_in", (to, tuple(fields.items())), lambda: self._sign_in(to, fields))

    def _sign_in(self, to: str, fields: dict[str, str]) -> None:
        form = to
        while not form.startswith("/sign-in/"):
            form = self.browser.client.get(form).headers["Location"]
        after = dict(parse_qsl(urlsplit(form).query))
        verify = self.browser.submit(form, username=self.user.username, password=PASSWORD, **after)
        assert verify.partition("?")[0] == "/sign-in/verify/", self.browser.page
        asked = Challenge.objects.select_related("enrolment").filter(user=self.user).latest("pk").enrolment
        if asked.method != "totp":
            options = verify.replace("verify", "options", 1)
            assert self.browser.submit(options, option=self.enrolment("totp").ref) == verify
        if fields:
            self.browser.go(verify)
            self.verify(self.read_app(), **fields)
        elif home := self.browser.submit(verify, code=self.read_app()):
            self.browser.go(home)


def join(name: str, *, number: str = "", **fields: object) -> Person:
    """Create a user without methods."""
    told = {"name": name.title(), "email": f"{name}@example.org", "password": _hashed(), **fields}
    user = SET_UPS.run("join", (name, repr(told)), lambda: User.objects.create(username=name, **told))
    return Person(user, Phone(number, bring=work))


def update_user(person: Person, **fields: Any) -> None:
    """Change a person's row without any page or rule."""
    User.objects.filter(pk=person.user.pk).update(**fields)


@pytest.fixture
def ana(db: None, clock: Clock) -> Person:
    """A user with text and call on one number, and an authenticator app."""
    return join("ana", number=ANAS).set_up("text", "totp")


@pytest.fixture
def ben(db: None, clock: Clock) -> Person:
    """A user without methods."""
    return join("ben", number=BENS)


@pytest.fixture
def cleo(db: None, clock: Clock) -> Person:
    """A user with only an authenticator app."""
    return join("cleo").set_up("totp")


@pytest.fixture
def dev(db: None, clock: Clock) -> Person:
    """A member of staff without a role, with an authenticator app."""
    return join("dev", is_staff=True).set_up("totp")


def hire(name: str, role: str) -> Person:
    """Create a member of staff with a role."""
    person = join(name, is_staff=True).set_up("totp")
    person.user.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def stranger(db: None, clock: Clock) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser()
