"""Fixtures for tests of roles and groups: an administrator, and a group that is a role."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.support.staff_roles import permissions
from tests.accounts.support.groups.desks import SEE
from tests.simulated.people import Clock, hire


@pytest.fixture
def chief(db: None, clock: Clock) -> User:
    """An administrator, who may change groups."""
    return hire("chief", "Administrators").user


@pytest.fixture
def desk(db: None) -> Group:
    """A role with one permission, of nobody yet."""
    group = Group.objects.create(name="Night desk")
    group.permissions.set(permissions([SEE]))
    return group
