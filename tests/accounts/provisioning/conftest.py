"""Fixtures for tests of people and groups that directories bring."""

import pytest

from accounts.models import Directory
from accounts.models.directories import DirectoryKind


@pytest.fixture
def directory(db: None) -> Directory:
    return Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM)
