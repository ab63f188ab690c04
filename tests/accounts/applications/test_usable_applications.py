"""Tests of who may use an application."""

import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries

from accounts import applications
from accounts.models import Application
from tests.simulated.people import Person


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


def test_finds_an_application_by_its_short_name(wiki: Application) -> None:
    assert applications.named("wiki") == wiki
    assert applications.named("Wiki") is None


def test_everyone_may_use_one_without_groups(
    wiki: Application, ana: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert applications.may_use(ana.user, wiki)


def test_only_members_may_use_one_with_groups(
    wiki: Application, ana: Person, ben: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    editors, readers = Group.objects.create(name="Editors"), Group.objects.create(name="Readers")
    wiki.groups.set([editors, readers])
    ana.user.groups.add(readers)

    with django_assert_num_queries(2):
        assert applications.may_use(ana.user, wiki)
        assert not applications.may_use(ben.user, wiki)


def test_a_group_of_another_application_does_not_help(wiki: Application, ana: Person) -> None:
    other = Application.objects.create(slug="tickets", name="Tickets", kind=Application.Kind.OIDC)
    editors, readers = Group.objects.create(name="Editors"), Group.objects.create(name="Readers")
    wiki.groups.set([editors])
    other.groups.set([readers])
    ana.user.groups.add(readers)

    assert list(applications.usable_by(ana.user.pk)) == [other]


def test_nobody_may_use_one_that_is_switched_off(wiki: Application, ana: Person) -> None:
    wiki.is_active = False
    wiki.save()

    assert not applications.may_use(ana.user, wiki)
