"""Fixtures for tests of roles and groups: an administrator, and a group that is a role."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.support.staff_groups_and_their_permissions import permissions
from tests.accounts.support.groups.wanted_groups import SEE
from tests.simulated.people import Person
from tests.simulated.staff import fay

__all__ = ["fay"]


@pytest.fixture
def chief(fay: Person) -> User:
    """The user of an administrator, who may change groups."""
    return fay.user


@pytest.fixture
def desk(db: None) -> Group:
    """A role with one permission, of nobody yet."""
    group = Group.objects.create(name="Night desk")
    group.permissions.set(permissions([SEE]))
    return group
