"""A program that migrates in steps, such as `auth helpcenter=zero`, then all, and checks what is there then."""

import sys

import django
from django.core.management import call_command
from django.db import connection

django.setup()

from django.contrib.auth.models import Group  # noqa: E402  (models need the apps)

from accounts.models.permissions_of_shipped_roles import ROLES  # noqa: E402  (models need the apps)
from helpcenter import article_files  # noqa: E402  (models need the apps)
from helpcenter.models import Article  # noqa: E402  (models need the apps)
from verification.audit import triggers  # noqa: E402  (models need the apps)
from verification.models import DigestKey, SpendingLimit  # noqa: E402  (models need the apps)

for step in sys.argv[1:]:
    call_command("migrate", *step.split("="), verbosity=0, interactive=False)
call_command("migrate", verbosity=0, interactive=False)

given = {group.name: group.permissions.count() for group in Group.objects.all()}
assert given == {name: len(rights) for name, rights in ROLES.items()}, given
assert (SpendingLimit.objects.count(), DigestKey.objects.count()) == (2, 1)
assert Article.objects.count() == len(article_files.articles())
assert list(triggers._missing(connection)) == []
