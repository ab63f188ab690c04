"""Tests that staff reach the admin site only after a second step in the same session."""

from django.contrib.auth.models import Permission

from accounts.models import SecondStep, User
from tests.simulated.people import PASSWORD, Clock, Person
from verification.models import AuditEvent, Policy


def test_reaches_the_admin_after_the_second_step(dev: Person) -> None:
    dev.user.user_permissions.add(*Permission.objects.filter(codename="view_user"))

    page = dev.sign_in(to="/admin/")

    assert (page.status, page.path) == (200, "/admin/accounts/user/")
    assert dev.browser.go("/admin/accounts/user/").status == 200


def test_comes_to_the_page_of_it_that_was_wanted(dev: Person) -> None:
    dev.user.user_permissions.add(*Permission.objects.filter(codename="view_user"))

    assert dev.sign_in(to="/admin/accounts/user/").path == "/admin/accounts/user/"


def test_proves_himself_where_the_session_is_not_proven(ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    ana.give_password()
    User.objects.filter(pk=ana.user.pk).update(is_staff=True)

    ana.browser.go("/admin/")
    ana.browser.press("Authenticator app")

    assert ana.verify(ana.read_app()).path == "/admin/"


def test_does_not_reach_it_with_the_password_alone(dev: Person) -> None:
    dev.give_password(to="/admin/")

    assert dev.browser.go("/admin/").path == "/sign-in/"


def test_does_not_reach_it_through_a_remembered_browser(ana: Person) -> None:
    ana.sign_in(remember="on")
    ana.browser.press("Sign out")
    ana.give_password()
    User.objects.filter(pk=ana.user.pk).update(is_staff=True)

    page = ana.browser.go("/admin/")

    assert page.path == "/sign-in/again/"
    assert page.offers("Back to the overview")


def test_does_not_reach_it_through_a_trusted_network(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.give_password()
    User.objects.filter(pk=ana.user.pk).update(is_staff=True)

    assert ana.browser.go("/admin/").path == "/sign-in/again/"


def test_does_not_reach_it_without_a_second_step(ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    ana.give_password()
    User.objects.filter(pk=ana.user.pk).update(is_staff=True)

    assert ana.browser.go("/admin/").path == "/sign-in/again/"


def test_does_not_reach_it_once_the_method_is_gone(dev: Person) -> None:
    dev.sign_in()
    dev.enrolment("totp").delete()

    assert dev.browser.go("/admin/").path != "/admin/"


def test_changes_the_password_in_the_portal_alone(dev: Person) -> None:
    """Seen: Django's own admin page needed no re-authentication, ended no session and sent no notice."""
    dev.sign_in()

    page = dev.browser.go("/admin/password_change/")
    dev.browser.send("/admin/password_change/", old_password=PASSWORD, new_password1="new-lamp-on-it", new_password2="")

    assert page.path == "/password/"
    assert dev.browser.go("/").path == "/"


def test_signs_out_of_it_with_a_record(dev: Person) -> None:
    dev.sign_in()

    dev.browser.send("/admin/logout/")

    assert dev.browser.go("/").path == "/sign-in/"
    assert AuditEvent.objects.filter(kind="session.ended", user_id=dev.user.pk).exists()


def test_nobody_else_reaches_it(ana: Person) -> None:
    ana.sign_in()

    for address in ("/admin/", "/admin/accounts/user/"):
        page = ana.browser.go(address)

        assert page.status == 403
        assert page.offers("Go to my account")
        assert "as ana" in page


def test_staff_who_have_nothing_set_up_must_register(dev: Person, clock: Clock) -> None:
    dev.enrolment("totp").delete()

    assert dev.give_password(to="/admin/").path == "/sign-in/register/"
