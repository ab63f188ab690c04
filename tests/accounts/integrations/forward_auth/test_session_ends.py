"""Tests of what a session in front of an application doesn't open, and of everything that ends it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts import applications
from accounts.models import Application, ApplicationSession, ProtectedHost, Session, User
from tests.accounts.integrations.forward_auth.answers import BACKGROUND, is_identified
from tests.accounts.integrations.forward_auth.conftest import HOST, Build, ForwardAuthProxy
from tests.simulated.people import Clock, Person
from verification import enrolments

# What a session opens ------------------------------------------------------------------------------------------------


def test_half_signed_in_session_opens_nothing(asking_proxy: ForwardAuthProxy, ana: Person) -> None:
    asking_proxy.browser = ana.browser
    ana.give_password()

    response = asking_proxy.open()

    assert ana.browser.shown.path.startswith("/sign-in/")
    assert response.status_code == 200  # the portal's own page, not an answer to the proxy
    assert not is_identified(response)
    assert ApplicationSession.objects.count() == 0
    assert asking_proxy.ask().status_code == 302


def test_a_cookie_is_worth_nothing_on_another_host(proxy_of_ana: ForwardAuthProxy, build: Build) -> None:
    """Seen failing without the host in the cookie's signature."""
    wiki = Application.objects.get(slug="wiki")
    ProtectedHost.objects.create(application=wiki, host="other.example.org")
    build("tickets", ("tickets.example.org", "strength"))
    cookie = "; ".join(f"{name}={value}" for name, value in proxy_of_ana.jars[HOST].items())

    assert proxy_of_ana.ask(host=HOST, cookie=cookie).status_code == 200
    assert proxy_of_ana.ask(host="other.example.org", cookie=cookie).status_code == 302
    assert proxy_of_ana.ask(host="tickets.example.org", cookie=cookie).status_code == 302


def test_each_application_of_a_host_has_a_session_of_its_own(proxy_of_ana: ForwardAuthProxy, build: Build) -> None:
    tickets = build("tickets", (f"{HOST}/tickets/", "strength"))

    assert proxy_of_ana.ask("/tickets/").status_code == 302
    assert proxy_of_ana.open("/tickets/").status_code == 200
    assert proxy_of_ana.ask("/").status_code == 200
    assert ApplicationSession.objects.filter(application=tickets).count() == 1


# What ends it --------------------------------------------------------------------------------------------------------


def _lock(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(second_step_locked_at=clock.now)


def _block(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(blocked_until=clock.now + timedelta(days=1))


def _deactivate(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _raise_epoch(user: User, clock: Clock) -> None:
    enrolments.raise_epoch(user)


def _change_password(user: User, clock: Clock) -> None:
    user.set_password("green-tram-on-friday-7")
    user.save()


def _end_sessions(user: User, clock: Clock) -> None:
    Session.objects.filter(user=user).delete()


def _end_in_application(user: User, clock: Clock) -> None:
    applications.end(clock.now, "a test", user_id=user.pk)


def _erase(user: User, clock: Clock) -> None:
    user.delete()


ENDS = [_lock, _block, _deactivate, _raise_epoch, _change_password, _end_sessions, _end_in_application, _erase]


@pytest.mark.parametrize("end", ENDS)
def test_next_request_is_refused_after(
    proxy_of_ana: ForwardAuthProxy, ana: Person, clock: Clock, end: Any, settings: Any
) -> None:
    """Seen failing with a verdict that was cached for a second."""
    settings.VERIFICATION_CACHE_SECONDS = 60
    assert proxy_of_ana.ask().status_code == 200

    end(ana.user, clock)

    assert proxy_of_ana.ask().status_code == 302
    assert proxy_of_ana.ask(**BACKGROUND).status_code == 401


def test_next_request_is_refused_after_leaving_the_group(proxy_of_ana: ForwardAuthProxy, ana: Person) -> None:
    staff = Group.objects.create(name="Editors")
    ana.user.groups.add(staff)
    Application.objects.get().groups.add(staff)
    assert proxy_of_ana.ask()["Remote-Groups"] == "Editors"

    ana.user.groups.clear()

    assert proxy_of_ana.ask().status_code == 302
    assert proxy_of_ana.ask(**BACKGROUND).status_code == 403
    assert proxy_of_ana.open().status_code == 403


def test_session_ends_with_the_portals(proxy_of_ana: ForwardAuthProxy, ana: Person) -> None:
    ana.browser.go("/sign-out/")
    ana.browser.press("Sign out")

    assert proxy_of_ana.ask().status_code == 302
    proxy_of_ana.open()
    assert ana.browser.shown.path == "/sign-in/"


def test_expired_session_opens_nothing(proxy_of_ana: ForwardAuthProxy, clock: Clock) -> None:
    clock.forward(hours=12, seconds=1)

    assert proxy_of_ana.ask().status_code == 302
